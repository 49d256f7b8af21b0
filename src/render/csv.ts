import { stringify } from 'csv-stringify/sync';
import type { Report } from '../report/schema.ts';
import { attentionRows } from './csv/attention-rows.ts';
import { comparisonRows } from './csv/comparison-rows.ts';
import { crossHeadRows } from './csv/cross-head-rows.ts';
import { generationRows } from './csv/generation-rows.ts';
import { floorRows } from './csv/floor-rows.ts';
import { modelRows } from './csv/model-rows.ts';
import { reportRows } from './csv/report-rows.ts';
import { routingRows } from './csv/routing-rows.ts';
import { COLUMNS } from './csv/row.ts';
import type { Row } from './csv/row.ts';
import { trackedSetRows } from './csv/tracked-set-rows.ts';

/**
 * The report as tidy long rows: one value a row, everything else in the row says of what (RFC 4180, UTF-8, one header).
 *
 * | column | |
 * |---|---|
 * | model | base, ft, both for what compares them, floor for the noise floor, or empty for what holds for the whole report |
 * | position | of the prompt, from 0; empty where there is none |
 * | layer | 0 is the embedding; empty where there is none |
 * | statistic | the path of the field in the JSON report, such as `entropyNats` or `top.prob` |
 * | key | which of several: rank in a list from 1, number of an expert, of a head or of a tracked set, key position, `head@key position`, id of a check |
 * | id | of a token |
 * | text | of a token, or words; visible, and never beginning with a character that a spreadsheet would calculate |
 * | value | number at full precision; true and false are 1 and 0 |
 */
export function renderCsv(report: Report): string {
  const { base, ft } = report.models;
  const rows: Row[] = [
    ...reportRows(report),
    ...modelRows('base', base),
    ...(ft === undefined ? [] : modelRows('ft', ft)),
    ...(report.comparison === undefined ? [] : comparisonRows(report.comparison)),
    ...floorRows(report),
    ...attentionRows(report),
    ...routingRows(report),
    ...trackedSetRows(report),
    ...crossHeadRows(report),
    ...generationRows(report),
  ];
  return stringify(rows, { header: true, columns: [...COLUMNS], record_delimiter: '\n' });
}
