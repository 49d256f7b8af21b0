import type { Report } from '../report/schema.ts';
import { verdictOf } from '../report/verdict.ts';
import { accessibleText } from './table/accessible.ts';
import { attention } from './table/attention.ts';
import { attentionLayers } from './table/attention-layers.ts';
import { checkLines, failedCheckLines } from './table/checks.ts';
import { crossHead } from './table/cross-head.ts';
import { curves } from './table/curves.ts';
import { finalPrediction } from './table/final-prediction.ts';
import { generation } from './table/generation.ts';
import { header } from './table/header.ts';
import { layerTable, tableLayout } from './table/layer-table.ts';
import { legend } from './table/legend.ts';
import { positionMap, showsMap } from './table/position-map.ts';
import { readingsOf } from './table/reading.ts';
import type { Reading } from './table/reading.ts';
import { routing } from './table/routing.ts';
import { routingSummary } from './table/routing-summary.ts';
import { styleOf } from './style.ts';
import type { Style, TableView } from './style.ts';
import { tracked } from './table/tracked.ts';
import { trackedSets } from './table/tracked-sets.ts';
import { placeColumns } from './width.ts';
import { wrap } from './table/wrap.ts';

export type { TableView } from './style.ts';

/**
 * The report as a text for people: what was run, curves, the layer table, final prediction, attention, routing, checks,
 * and the verdict last, because it is what stays on the screen. A failed check also comes first. Ends with a newline.
 */
export function renderTable(report: Report, view: TableView): string {
  const style = styleOf(view);
  if (view.accessible) return accessibleText(report, view, style);
  const readings = readingsOf(report, style);
  const sections = [
    failedCheckLines(report.checks, style),
    header(report, readings, style),
    ...(showsMap(readings, view) ? [positionMap(readings, report, view, style)] : []),
    ...(showsMap(readings, view) ? readings.slice(-1) : readings).flatMap((reading) =>
      readingSections(reading, readings.length > 1, report, view, style),
    ),
    routingSummary(report, style),
    generation(report, view, style),
    checkLines(report.checks, style),
    verdict(report, style),
  ];
  const lines = sections.filter((section) => section.length > 0).flatMap((section) => [...section, '']);
  return lines
    .slice(0, -1)
    .map((line) => `${placeColumns(line, view.terminal)}\n`)
    .join('');
}

function readingSections(
  reading: Reading,
  several: boolean,
  report: Report,
  view: TableView,
  style: Style,
): string[][] {
  const text = report.prompt.tokens[reading.position]?.text ?? '';
  const title = wrap('', `Position ${reading.position} ${style.quote(text)}`, style.width).map(style.palette.bold);
  return [
    several ? title : [],
    curves(reading, style),
    [
      ...layerTable(reading, report, view, style),
      ...legend(reading, tableLayout(reading, report, style), report, style),
    ],
    finalPrediction(reading, style),
    attention(reading, report, style),
    attentionLayers(reading, report, style),
    routing(reading, style),
    tracked(reading, report, style),
    trackedSets(reading, report, style),
    crossHead(reading, report, style),
  ];
}

function verdict(report: Report, style: Style): string[] {
  const { headline, sentences } = verdictOf(report, style);
  const head = 'Verdict   ';
  const indent = ' '.repeat(head.length);
  return [
    ...wrap(head, headline, style.width).map(style.palette.bold),
    ...(sentences.length === 0 ? [] : wrap(indent, sentences.join(' '), style.width)),
  ];
}
