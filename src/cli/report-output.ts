import type { Command, CommandUnknownOpts, OptionValues } from '@commander-js/extra-typings';
import { usageError } from '../errors.ts';
import type { TableView } from '../render/style.ts';
import type { Report } from '../report/schema.ts';
import { oneOf, wholeNumber, wordOrList } from './options.ts';
import { writeData } from './output.ts';
import { isAccessible, tableWidth, usesColour } from './terminal.ts';

const FORMATS = ['table', 'json', 'csv', 'html'] as const;
const NARROWEST_TABLE = 40;
/** No terminal has as many columns; laying out a hundred times as many takes minutes. */
const WIDEST_TABLE = 2_000;

/** Options of every command that writes a report. */
export interface ReportOutputOptions {
  readonly json?: true | undefined;
  readonly format?: (typeof FORMATS)[number] | undefined;
  readonly output?: string | undefined;
  readonly layers?: 'fold' | 'all' | number[] | undefined;
  readonly width?: number | undefined;
  readonly ascii?: true | undefined;
  readonly color: boolean;
}

/** Adds the options of {@link ReportOutputOptions} to a command. */
export function withReportOutput<Args extends unknown[], Options extends OptionValues>(
  command: Command<Args, Options>,
): Command<Args, Options & ReportOutputOptions> {
  (command as CommandUnknownOpts)
    .optionsGroup('Output')
    .option('--json', 'the whole report as JSON, as --format json')
    .option('--format <format>', 'table or json (default: table)', oneOf('--format', FORMATS))
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option(
      '--layers <rows>',
      'rows of the table: fold (runs of like layers), all, or a list such as 0,24,48 (default: fold on a terminal, else all)',
      wordOrList('--layers', ['fold', 'all'], { negative: false }),
    )
    .option(
      '--width <n>',
      "columns (default: the terminal's; a pipe has no limit)",
      wholeNumber('--width', NARROWEST_TABLE, WIDEST_TABLE),
    )
    .option('--ascii', 'only ASCII characters')
    .option('--no-color', 'no colours');
  // Written out, because the type that is inferred for a chain on a generic command takes 60 MB and half a minute.
  return command as unknown as Command<Args, Options & ReportOutputOptions>;
}

/** What is written, and what was wrong with asking for it: call it before any work is done. */
export function reportFormat(options: ReportOutputOptions): 'table' | 'json' {
  const format = options.format ?? (options.json ? 'json' : 'table');
  if (options.json && format !== 'json') {
    throw usageError('Two output formats were asked for.', {
      where: `--json --format ${format}`,
      expected: 'one of them',
    });
  }
  if (format === 'table' || format === 'json') return format;
  throw usageError('This output format is not available in this version.', {
    where: `--format ${format}`,
    expected: 'table, json',
  });
}

/** Renders a report and writes it where the options say. */
export async function writeReport(report: Report, options: ReportOutputOptions): Promise<void> {
  await writeData(await renderReport(report, options), options.output);
}

async function renderReport(report: Report, options: ReportOutputOptions): Promise<string> {
  if (reportFormat(options) === 'json') {
    const { renderJson } = await import('../render/json.ts');
    return renderJson(report);
  }
  const { renderTable } = await import('../render/table.ts');
  return renderTable(report, tableView(options));
}

function tableView(options: ReportOutputOptions): TableView {
  // A file is never a terminal, wherever the program itself runs.
  const stream = options.output === undefined ? process.stdout : {};
  const terminal = stream === process.stdout && process.stdout.isTTY;
  return {
    width: tableWidth(stream, process.env, options.width),
    colour: usesColour(stream, process.env, !options.color) ? 1 : 0,
    ascii: options.ascii === true,
    accessible: isAccessible(process.env),
    layers: options.layers ?? (terminal ? 'fold' : 'all'),
    terminal,
  };
}
