import type { Column } from '../page-data.ts';
import { blockAxes } from './block-axes.ts';
import type { HeatmapContent } from './heatmap.ts';
import type { PageReport } from './report.ts';

/** How often each expert of each block is chosen. */
export function loadMap(report: PageReport, counts: Column, most: number): HeatmapContent {
  return {
    ...blockAxes(report),
    scale: 'value',
    share: ({ column, row }) => (counts[row * report.data.experts + column] ?? 0) / most,
  };
}

/** How much more often the fine-tune chooses it than base. */
export function loadChangeMap(report: PageReport, base: Column, ft: Column, most: number): HeatmapContent {
  return {
    ...blockAxes(report),
    scale: 'signed',
    share: ({ column, row }) => {
      const index = row * report.data.experts + column;
      return 0.5 + ((ft[index] ?? 0) - (base[index] ?? 0)) / (2 * most);
    },
  };
}

/** The largest difference of two loads, at least 1. */
export function largestChange(base: Column, ft: Column): number {
  return ft.reduce<number>((most, count, index) => Math.max(most, Math.abs((count ?? 0) - (base[index] ?? 0))), 1);
}
