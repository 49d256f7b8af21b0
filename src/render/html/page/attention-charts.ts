import { distance, divergence, percent } from '../../../report/numbers.ts';
import type { AttentionSide, AttentionView } from './attention-view.ts';
import type { Chart, Series } from './chart.ts';
import type { PageReport } from './report.ts';

/** Sink share, entropy and difference of every listed layer, mean over heads. */
export function attentionCharts(report: PageReport, views: readonly AttentionView[]): Chart[] {
  const byLayer = new Map(views.map((view) => [view.layer, view]));
  const byRow = (value: (view: AttentionView) => number | null | undefined): (number | null)[] =>
    report.data.layers.map((layer) => {
      const view = byLayer.get(layer);
      return view === undefined ? null : (value(view) ?? null);
    });
  const lines = (value: (side: AttentionSide) => number | null | undefined): Series[] =>
    (views[0]?.sides ?? []).map(({ label, kind }, i) => ({
      name: label,
      kind,
      values: byRow(({ sides }) => sides[i] && value(sides[i])),
    }));
  const entropies = lines(({ attention }) => attention.entropy);
  const highest = Math.max(0.1, ...entropies.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const charts: Chart[] = [
    {
      title: 'Weight on position 0',
      high: 1,
      series: lines(({ attention }) => attention.weights[0]),
      format: (share) => percent(share),
    },
    { title: 'Entropy of attention', high: highest, series: entropies, format: (nats) => nats.toFixed(2) },
  ];
  const distances = (value: (view: AttentionView) => number | null): (number | null)[] =>
    byRow(value).map((js) => (js === null ? null : distance(js)));
  const js = distances((view) => view.js);
  if (js.every((value) => value === null)) return charts;
  const floor = distances((view) => view.floorJs);
  const series: Series[] = [{ name: 'JS', kind: 'bars', values: js }];
  if (floor.some((value) => value !== null)) series.push({ name: 'rounding alone', kind: 'floor', values: floor });
  const format = (value: number): string => divergence(value * value * Math.LN2);
  return [...charts, { title: 'Difference, JS distance', high: 1, series, format }];
}
