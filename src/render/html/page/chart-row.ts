import type { Appearance } from './appearance.ts';
import { drawChart } from './chart.ts';
import type { Chart } from './chart.ts';
import { element } from './dom.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';

const LEAST_WIDTH = 280;
const GAP = 20;

/** Charts over the layers at the selected position, as many side by side as have room. A click selects a layer. */
export function chartRow(
  report: PageReport,
  selection: Selection,
  appearance: Appearance,
  chartsOf: (column: number) => readonly Chart[],
): HTMLElement {
  const row = element('div', { class: 'charts' });
  let bands: readonly ((row: number) => void)[] = [];
  const select = (): void => {
    for (const band of bands) band(selection.now.row);
  };
  const draw = (): void => {
    const wanted = chartsOf(selection.now.column);
    const width = arrange(row, wanted.length);
    const charts = wanted.map((chart) =>
      drawChart(chart, report, width, (to) => selection.move({ row: to, pinned: true })),
    );
    row.replaceChildren(...charts.map(({ figure }) => figure));
    bands = charts.map((chart) => chart.select);
    select();
  };
  // Charts take the width of the page, in which they do not stand yet.
  queueMicrotask(() => {
    appearance.follow(draw);
    selection.follow(({ column }, before) => {
      if (before !== undefined && before.column !== column) draw();
      else select();
    });
  });
  return row;
}

/** @returns the width of each chart */
function arrange(container: HTMLElement, count: number): number {
  const columns = Math.max(1, Math.min(count, Math.floor((container.clientWidth + GAP) / (LEAST_WIDTH + GAP))));
  container.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  return Math.floor((container.clientWidth - GAP * (columns - 1)) / columns);
}
