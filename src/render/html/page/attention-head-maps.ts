import { largestWeight, signedShare, weightChange } from './attention-view.ts';
import type { AttentionView } from './attention-view.ts';
import type { HeatmapContent } from './heatmap.ts';
import { legend, scaleEnd } from './legend.ts';

const DIGITS = 2;

/** One map of heads × positions. */
export interface HeadPanel {
  readonly name: string;
  readonly kind: string;
  readonly scale: HTMLElement;
  readonly content: HeatmapContent;
}

/** A map for each model, and one of their difference. @param heads their numbers */
export function headPanels({ sides, queryPosition }: AttentionView, heads: readonly number[]): HeadPanel[] {
  const weights = sides.map(({ attention }) => heads.map((head) => attention.heads[head]?.weights ?? []));
  const high = Math.max(...weights.flat().map(largestWeight));
  // The first head on top, as in the table.
  const axes = {
    columns: queryPosition + 1,
    rows: heads.length,
    columnName: String,
    rowName: (row: number) => `h${heads.length - 1 - row}`,
  };
  const at = (lists: readonly (readonly (number | null)[])[], row: number, column: number): number | null =>
    lists[heads.length - 1 - row]?.[column] ?? null;
  const panels = sides.map(({ label, kind }, i): HeadPanel => {
    const value = (row: number, column: number): number | null => at(weights[i] ?? [], row, column);
    return {
      name: label,
      kind,
      scale: legend('value', '0', scaleEnd(high)),
      content: {
        ...axes,
        scale: 'value',
        share: ({ row, column }) => (value(row, column) ?? 0) / high,
        text: ({ row, column }) => value(row, column)?.toFixed(DIGITS) ?? '',
        textIs: 'number',
      },
    };
  });
  const [base, ft] = weights;
  if (base === undefined || ft === undefined) return panels;
  const change = heads.map((head) => weightChange(base[head] ?? [], ft[head] ?? []));
  const farthest = Math.max(...change.map((list) => largestWeight(list.map(Math.abs))));
  const content: HeatmapContent = {
    ...axes,
    scale: 'signed',
    share: ({ row, column }) => signedShare(at(change, row, column) ?? 0, farthest),
    text: ({ row, column }) => signed(at(change, row, column)),
    textIs: 'number',
  };
  const words = scaleEnd(farthest);
  return [
    ...panels,
    { name: 'Fine-tune − base', kind: '', scale: legend('signed', `−${words}`, `+${words}`), content },
  ];
}

function signed(value: number | null): string {
  if (value === null) return '';
  return `${value > 0 ? '+' : ''}${value.toFixed(DIGITS).replace('-', '−')}`;
}
