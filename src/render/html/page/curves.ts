import { distance, divergence, percent } from '../../../report/numbers.ts';
import type { Appearance } from './appearance.ts';
import { drawChart } from './chart.ts';
import type { Chart, Series } from './chart.ts';
import { element } from './dom.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';

const LEAST_WIDTH = 280;
const GAP = 20;

/** Entropy, KL to the final row and the difference by layer, at the selected position. */
export function curves(report: PageReport, selection: Selection, appearance: Appearance): HTMLElement {
  const heading = element('h2');
  const figures = element('div', { class: 'charts' });
  const drawn = element('section', { id: 'curves', 'aria-label': 'Every layer at this position' }, heading, figures);
  let bands: readonly ((row: number) => void)[] = [];
  const draw = (): void => {
    const { column, row } = selection.now;
    heading.textContent = `Every layer at position ${report.position(column)}`;
    const wanted = chartsOf(report, column);
    const width = arrange(figures, wanted.length);
    const charts = wanted.map((chart) =>
      drawChart(chart, report, width, (to) => selection.move({ row: to, pinned: true })),
    );
    figures.replaceChildren(...charts.map(({ figure }) => figure));
    bands = charts.map(({ select }) => select);
    for (const select of bands) select(row);
  };
  queueMicrotask(() => {
    appearance.follow(draw);
    selection.follow(({ column, row }, before) => {
      if (before !== undefined && before.column !== column) draw();
      else for (const select of bands) select(row);
    });
  });
  return drawn;
}

/** Puts charts side by side, as many as have room. @returns the width of each */
function arrange(container: HTMLElement, count: number): number {
  const columns = Math.max(1, Math.min(count, Math.floor((container.clientWidth + GAP) / (LEAST_WIDTH + GAP))));
  container.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  return Math.floor((container.clientWidth - GAP * (columns - 1)) / columns);
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
  const js: Series = {
    name: 'JS',
    kind: 'bars',
    values: at(change.js).map((value) => (value === null ? null : distance(value))),
  };
  const asNats = (value: number): string => divergence(value * value * Math.LN2);
  return [...charts, { title: 'Difference, JS distance', high: 1, series: [js], format: asNats }];
}

function largest(series: readonly Series[]): number {
  return Math.max(0.1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
}
