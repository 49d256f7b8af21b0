import type { Command, CommandUnknownOpts, OptionValues } from '@commander-js/extra-typings';
import { usageError } from '../errors.ts';
import type { TableView } from '../render/style.ts';
import type { MapKind } from '../render/table/position-map.ts';
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
  readonly map?: MapKind | undefined;
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
    .option('--format <format>', 'table, json, csv or html (default: table)', oneOf('--format', FORMATS))
    .option('-o, --output <file>', 'write to a file instead of standard output')
    .option(
      '--layers <rows>',
      'rows of the table: fold (runs of like layers), all, or a list such as 0,24,48 (default: fold on a terminal, else all)',
      wordOrList('--layers', ['fold', 'all'], { negative: false }),
    )
    .option(
      '--map <what>',
      'map over several positions: js, entropy or prob (default: js of a pair, entropy of one model)',
      oneOf('--map', ['js', 'entropy', 'prob']),
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
export function reportFormat(options: ReportOutputOptions): (typeof FORMATS)[number] {
  const format = options.format ?? (options.json ? 'json' : 'table');
  if (options.json && format !== 'json') {
    throw usageError('Two output formats were asked for.', {
      where: `--json --format ${format}`,
      expected: 'one of them',
    });
  }
  const ofTable = (['layers', 'map'] as const).find((name) => options[name] !== undefined);
  if (format !== 'table' && ofTable !== undefined) {
    throw usageError('An option that shapes the table was given for another format.', {
      where: `--${ofTable}`,
      expected: 'the table',
      got: format,
      remedy: `leave --${ofTable} out: ${format === 'html' ? 'the page' : 'the report'} holds every layer and position that was read`,
    });
  }
  return format;
}

/**
 * @param count layers of the model
 * @throws FtLensError (usage) when rows are asked for that the table does not have
 */
export function requireRows({ layers }: ReportOutputOptions, count: number): void {
  const outside = Array.isArray(layers) ? layers.find((layer) => layer > count) : undefined;
  if (outside === undefined) return;
  throw usageError('The model has no such layer.', {
    where: '--layers',
    expected: `0 to ${count}; 0 is the embedding`,
    got: String(outside),
  });
}

/** Renders a report and writes it where the options say. */
export async function writeReport(report: Report, options: ReportOutputOptions): Promise<void> {
  requireRows(options, report.models.base.layers);
  const render = await loadRenderer(options);
  await writeData(render(report), options.output);
}

/** The renderer that the options ask for; no other is loaded. Ask early: it is there when the report is. */
export async function loadRenderer(options: ReportOutputOptions): Promise<(report: Report) => string> {
  switch (reportFormat(options)) {
    case 'json': {
      const { renderJson } = await import('../render/json.ts');
      return renderJson;
    }
    case 'csv': {
      const { renderCsv } = await import('../render/csv.ts');
      return renderCsv;
    }
    case 'html': {
      const [{ renderHtml }, { loadPageCode }] = await Promise.all([
        import('../render/html.ts'),
        import('../page-code.ts'),
      ]);
      const pageCode = await loadPageCode();
      return (report) => renderHtml(report, pageCode);
    }
    default: {
      const { renderTable } = await import('../render/table.ts');
      return (report) => renderTable(report, tableView(options));
    }
  }
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
    map: options.map,
    terminal,
  };
}
