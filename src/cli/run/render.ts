import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson, readTextFile } from '../../read-text-file.ts';
import { reportSchema, type Report } from '../../report/schema.ts';
import { issueText } from '../../zod-issues.ts';
import { requireApartFromInputs } from '../folders.ts';
import { reportFormat, writeReport, type ReportOutputOptions } from '../report-output.ts';

/** `ft-lens render`: a saved report in any format. */
export async function runRender(path: string, options: ReportOutputOptions): Promise<void> {
  reportFormat(options);
  await requireApartFromInputs(options.output, { folders: [], file: path });
  await writeReport(await readReport(path), options);
}

/** A saved report, checked against the schema of this version. */
async function readReport(path: string): Promise<Report> {
  const json = parseJson(await readTextFile(path, LIMITS.reportBytes), path);
  const parsed = reportSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw inputError('This is no report of this version of ft-lens.', {
    where: path,
    expected: 'a report with schema "ft-lens.report", schemaVersion "1.0"',
    got: issueText(parsed.error),
    remedy: 'ft-lens analyze "…" --json -o report.json makes one',
  });
}
