import type { ModelData } from '../page-data.ts';
import { blockAxes } from './block-axes.ts';
import type { HeatmapContent } from './heatmap.ts';
import type { PageReport } from './report.ts';

/** How often each expert of each block is chosen over all positions: (block, expert). */
export function expertLoad(report: PageReport, model: ModelData): number[] {
  const { experts } = report.data;
  const counts = Array.from({ length: (report.rows - 1) * experts }, () => 0);
  for (let column = 0; column < report.columns; column++) {
    for (let row = 1; row < report.rows; row++) {
      for (const { expert } of report.experts(model, { column, row })) {
        const index = (row - 1) * experts + expert;
        counts[index] = (counts[index] ?? 0) + 1;
      }
    }
  }
  return counts;
}

/** @param most the count of the strongest colour, the same for both models */
export function loadMap(report: PageReport, counts: readonly number[], most: number): HeatmapContent {
  return {
    ...blockAxes(report),
    scale: 'value',
    share: ({ column, row }) => (counts[row * report.data.experts + column] ?? 0) / most,
  };
}
