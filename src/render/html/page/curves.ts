import { distance, divergence, percent } from '../../../report/numbers.ts';
import type { Appearance } from './appearance.ts';
import type { Chart, Series } from './chart.ts';
import { chartRow } from './chart-row.ts';
import { element } from './dom.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';

/** Entropy, KL to the final row and the difference by layer, at the selected position. */
export function curves(report: PageReport, selection: Selection, appearance: Appearance): HTMLElement {
  const heading = element('h2');
  selection.follow(({ column }) => {
    heading.textContent = `Every layer at position ${report.position(column)}`;
  });
  const charts = chartRow(report, selection, appearance, (column) => chartsOf(report, column));
  return element('section', { id: 'curves', 'aria-label': 'Every layer at this position' }, heading, charts);
}

function chartsOf(report: PageReport, column: number): Chart[] {
  const { models, change } = report.data;
  const at = (values: readonly (number | null)[]): (number | null)[] =>
    Array.from({ length: report.rows }, (_, row) => report.at(values, { column, row }));
  const lines = (values: (model: (typeof models)[number]) => readonly (number | null)[]): Series[] =>
    models.map((model) => ({ name: model.label, kind: colourOf(model), values: at(values(model)) }));
  const entropy = lines((model) => model.entropy);
  const kl = lines((model) => model.klToFinal);
  const nats = (value: number): string => value.toFixed(2);
  const charts: Chart[] = [
    { title: 'Entropy H, nats', high: largest(entropy), series: entropy, format: nats },
    { title: 'KL to the final row, nats', high: largest(kl), series: kl, format: nats },
  ];
  if (change === null) {
    const prob = lines((model) => model.finalProb);
    return [
      ...charts,
      { title: 'Probability of the final token', high: 1, series: prob, format: (value) => percent(value) },
    ];
  }
  const distances = (values: readonly (number | null)[]): (number | null)[] =>
    at(values).map((value) => (value === null ? null : distance(value)));
  const js: Series[] = [{ name: 'JS', kind: 'bars', values: distances(change.js) }];
  if (change.floor !== null) js.push({ name: 'rounding alone', kind: 'floor', values: distances(change.floor.js) });
  const asNats = (value: number): string => divergence(value * value * Math.LN2);
  return [...charts, { title: 'Difference, JS distance', high: 1, series: js, format: asNats }];
}

function largest(series: readonly Series[]): number {
  return Math.max(0.1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
}
