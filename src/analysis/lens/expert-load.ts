import { entropy, jensenShannon } from './distribution.ts';
import type { Routing } from './routing.ts';

/** How a block spread tokens over its experts. */
export interface ExpertLoad {
  /** how often each expert was chosen, by its number // (experts) */
  readonly assignments: readonly number[];
  /** of the assignments as shares, in nats: ln experts when all are chosen equally often */
  readonly entropy: number;
}

interface LoadChange {
  readonly expert: number;
  readonly base: number;
  readonly ft: number;
}

export interface LoadComparison {
  /** between the two loads as shares, in nats */
  readonly js: number;
  /** chosen more often by the fine-tune, largest growth first */
  readonly gained: LoadChange[];
  /** chosen less often by the fine-tune, largest loss first */
  readonly lost: LoadChange[];
}

/** @param routings of one block, one a token; at least one */
export function expertLoad(routings: readonly Routing[]): ExpertLoad {
  const assignments = Array.from({ length: routings[0]?.probabilities.length ?? 0 }, () => 0);
  for (const { experts } of routings)
    for (const { expert } of experts) assignments[expert] = (assignments[expert] as number) + 1;
  return { assignments, entropy: entropy(shares(assignments)) };
}

/** Two models' loads of the same block over the same tokens. */
export function compareLoad(base: ExpertLoad, ft: ExpertLoad): LoadComparison {
  const changes = base.assignments.map((count, expert) => ({
    expert,
    base: count,
    ft: ft.assignments[expert] as number,
  }));
  const growth = (change: LoadChange): number => change.ft - change.base;
  return {
    js: jensenShannon(shares(base.assignments), shares(ft.assignments)),
    gained: changes.filter((change) => growth(change) > 0).sort((a, b) => growth(b) - growth(a)),
    lost: changes.filter((change) => growth(change) < 0).sort((a, b) => growth(a) - growth(b)),
  };
}

function shares(assignments: readonly number[]): number[] {
  const total = assignments.reduce((sum, count) => sum + count, 0);
  return assignments.map((count) => count / total);
}
