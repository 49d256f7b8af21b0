import type { PageReport } from './report.ts';
import type { Cell } from './selection.ts';

interface Chosen {
  readonly expert: number;
  /** that the block applies: the fine-tune's where both models choose the expert */
  readonly weight: number;
}

export interface ExpertChange {
  readonly kept: readonly Chosen[];
  /** only the fine-tune's */
  readonly gained: readonly Chosen[];
  /** only base's */
  readonly lost: readonly Chosen[];
}

/** The experts of a cell in both models; of one model all are kept. Undefined in rows without routing. */
export function expertChange(report: PageReport, cell: Cell): ExpertChange | undefined {
  const [first, second = first] = report.data.models;
  if (first === undefined || second === undefined) return undefined;
  const [before, after] = [report.experts(first, cell), report.experts(second, cell)];
  if (before.length === 0 && after.length === 0) return undefined;
  const has = (list: readonly Chosen[], { expert }: Chosen): boolean => list.some((other) => other.expert === expert);
  return {
    kept: after.filter((chosen) => has(before, chosen)),
    gained: after.filter((chosen) => !has(before, chosen)),
    lost: before.filter((chosen) => !has(after, chosen)),
  };
}
