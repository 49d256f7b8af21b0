import type { HeatmapContent } from './heatmap.ts';
import type { PageReport } from './report.ts';

/** Blocks × experts: the embedding has no experts, so that row 0 is the first block. */
export function blockAxes(report: PageReport): Pick<HeatmapContent, 'columns' | 'rows' | 'columnName' | 'rowName'> {
  return {
    columns: report.data.experts,
    rows: report.rows - 1,
    columnName: String,
    rowName: (row) => report.shortLayer(row + 1),
  };
}
