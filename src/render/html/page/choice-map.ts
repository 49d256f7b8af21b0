import { blockAxes } from './block-axes.ts';
import { expertChange } from './expert-change.ts';
import type { ExpertChange } from './expert-change.ts';
import type { HeatmapContent } from './heatmap.ts';
import type { PageReport } from './report.ts';
import type { Cell } from './selection.ts';

interface Choice {
  readonly kind: keyof ExpertChange;
  readonly weight: number;
}

const MARKS = { kept: '', gained: '▲', lost: '▼' } as const;

/**
 * The experts that the blocks choose at one position. Of two models: those of both are grey, those of one in its colour
 * and marked. Of one model: shaded by weight.
 */
export function choiceMap(report: PageReport, column: number): HeatmapContent {
  const blocks = Array.from({ length: report.rows - 1 }, (_, block) => choicesOf(report, { column, row: block + 1 }));
  const find = ({ column: expert, row }: Cell): Choice | undefined => blocks[row]?.get(expert);
  if (report.data.change === null) {
    return { ...blockAxes(report), scale: 'value', share: (cell) => find(cell)?.weight ?? 0 };
  }
  return {
    ...blockAxes(report),
    scale: 'value',
    share: () => 0,
    fill: (cell, { muted, ft, base }) => {
      const choice = find(cell);
      return choice && { kept: muted, gained: ft, lost: base }[choice.kind];
    },
    mark: (cell) => {
      const choice = find(cell);
      return choice === undefined ? '' : MARKS[choice.kind];
    },
  };
}

function choicesOf(report: PageReport, cell: Cell): Map<number, Choice> {
  const change = expertChange(report, cell);
  if (change === undefined) return new Map();
  const kinds = ['kept', 'gained', 'lost'] as const;
  return new Map(
    kinds.flatMap((kind) => change[kind].map(({ expert, weight }) => [expert, { kind, weight }] as const)),
  );
}
