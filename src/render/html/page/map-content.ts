import { percent } from '../../../report/numbers.ts';
import type { ChangeData, ModelData } from '../page-data.ts';
import type { HeatmapContent } from './heatmap.ts';
import { share } from './measures.ts';
import type { Measure } from './measures.ts';
import type { Segment } from './paint-cell.ts';
import type { PageReport } from './report.ts';
import type { Cell } from './selection.ts';

/** What the panel of a model shows: a measure as colour, its top token as text. */
export function modelContent(report: PageReport, model: ModelData, measure: Measure<ModelData>): HeatmapContent {
  const colour = colourOf(measure, model);
  const bar = barOf(measure, model, colour);
  return {
    ...axes(report),
    scale: measure.scale,
    share: colour,
    text: (cell) => report.top(model, cell)[0]?.text ?? '',
    textIs: 'token',
    segments: (cell) => (measure.shares === 'tokens' ? tokenSegments(report, model, cell) : bar(cell, '')),
  };
}

/** What the panel of differences shows: a measure as colour, and where the top token is another one. */
export function changeContent(report: PageReport, change: ChangeData, measure: Measure<ChangeData>): HeatmapContent {
  const colour = colourOf(measure, change);
  const bar = barOf(measure, change, colour);
  const sign = (cell: Cell): string => {
    if (report.withinFloor(cell)) return '≈ ';
    return report.otherTop1(cell) ? '≠ ' : '';
  };
  const mark = (cell: Cell): '' | '▪' | '╱' => {
    if (report.withinFloor(cell)) return '╱';
    return report.otherTop1(cell) ? '▪' : '';
  };
  return {
    ...axes(report),
    scale: measure.scale,
    share: colour,
    text: (cell) => words(measure, change, cell),
    textIs: 'number',
    segments: (cell) => bar(cell, sign(cell)),
    mark,
  };
}

function axes(report: PageReport): Pick<HeatmapContent, 'columns' | 'rows' | 'columnName' | 'rowName'> {
  return {
    columns: report.columns,
    rows: report.rows,
    columnName: (column) => String(report.position(column)),
    rowName: (row) => report.shortLayer(row),
  };
}

function colourOf<Subject>(measure: Measure<Subject>, subject: Subject): (cell: Cell) => number | null {
  return (cell) => {
    const value = measure.value(subject, cell);
    return value === null ? null : share(measure, value);
  };
}

function words<Subject>(measure: Measure<Subject>, subject: Subject, cell: Cell): string {
  const value = measure.value(subject, cell);
  return value === null ? '' : measure.format(value);
}

/** One bar as long as its colour is strong; a signed measure has no length from an end, and fills the cell. */
function barOf<Subject>(
  measure: Measure<Subject>,
  subject: Subject,
  colour: (cell: Cell) => number | null,
): (cell: Cell, mark: string) => Segment[] {
  return (cell, mark) => {
    const strength = colour(cell) ?? 0;
    const text = mark + words(measure, subject, cell);
    return [{ share: measure.scale === 'signed' ? 1 : strength, colour: strength, text }];
  };
}

/** Probabilities beside each other: together they are at most the whole cell. */
function tokenSegments(report: PageReport, model: ModelData, cell: Cell): Segment[] {
  return report
    .top(model, cell)
    .map(({ text, prob }) => ({ share: prob, colour: prob, text: `${text} ${percent(prob)}` }));
}
