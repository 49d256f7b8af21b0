import * as z from 'zod';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson, readTextFile } from '../../read-text-file.ts';
import { reportSchema, type Report } from '../../report/schema.ts';
import { issueText } from '../../zod-issues.ts';
import { requireApartFromInputs } from '../folders.ts';
import { requireWritable } from '../output.ts';
import { reportFormat, writeReport, type ReportOutputOptions } from '../report-output.ts';

/** `ft-lens render`: a saved report in any format. */
export async function runRender(path: string, options: ReportOutputOptions): Promise<void> {
  reportFormat(options);
  await requireApartFromInputs(options.output, { folders: [], file: path });
  await requireWritable(options.output);
  await writeReport(await readReport(path), options);
}

async function readReport(path: string): Promise<Report> {
  return parseReport(await readTextFile(path, LIMITS.reportBytes), path);
}

const REPORT_VERSION = reportSchema.shape.schemaVersion.value;

const otherVersionSchema = z.looseObject({ schema: reportSchema.shape.schema, schemaVersion: z.string() });

/** The text of a saved report, checked against the schema of this version. */
export function parseReport(text: string, path: string): Report {
  const json = parseJson(text, path);
  const parsed = reportSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const other = otherVersionSchema.safeParse(json).data;
  if (other !== undefined && other.schemaVersion !== REPORT_VERSION) {
    throw inputError('This report was made by another version of ft-lens.', {
      where: path,
      expected: `schemaVersion "${REPORT_VERSION}"`,
      got: `schemaVersion ${JSON.stringify(other.schemaVersion)}`,
      remedy: 'render it with the ft-lens that made it: npm install ft-lens@VERSION, as tool.version in it says',
    });
  }
  throw inputError('This is no report of this version of ft-lens.', {
    where: path,
    expected: 'a report with schema "ft-lens.report", schemaVersion "1.0"',
    got: issueText(parsed.error),
    remedy: 'ft-lens analyze "…" --json -o report.json makes one',
  });
}
