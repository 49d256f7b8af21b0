import type { CrossHeadPosition } from '../lens/cross-head.ts';
import type { PairPositionReading } from '../lens/readings.ts';
import type { ViewPair } from '../surgery/lens-graph.ts';
import type { LensView } from './lens-job.ts';
import type { PositionRows } from './row-outputs.ts';
import { haveSameHead } from './same-head.ts';

/** What is read beside the models themselves. */
export interface CrossHeadPlan {
  /** both have the same norm and head, bit by bit, so that there is nothing to read */
  readonly sameHead: boolean;
  readonly views: readonly LensView[];
  readonly pairs: readonly ViewPair[];
}

const FT_BY_BASE = 'ft-by-base';
const BASE_BY_FT = 'base-by-ft';

/** The states of either model through the norm and head of the other. */
export function planCrossHead(base: LensView, ft: LensView): CrossHeadPlan {
  if (haveSameHead(base.model, ft.model)) return { sameHead: true, views: [], pairs: [] };
  return {
    sameHead: false,
    views: [
      { name: FT_BY_BASE, model: base.model, states: ft.states },
      { name: BASE_BY_FT, model: ft.model, states: base.states },
    ],
    pairs: [
      [base.name, FT_BY_BASE],
      [BASE_BY_FT, ft.name],
      [base.name, BASE_BY_FT],
      [FT_BY_BASE, ft.name],
    ],
  };
}

/**
 * @param rows of the plan's views, by position
 * @param pairs of the plan's pairs, by position
 */
export function crossHeadPositions(
  [ftByBase = [], baseByFt = []]: readonly (readonly PositionRows[])[],
  pairs: readonly (readonly PairPositionReading[])[],
): CrossHeadPosition[] {
  return ftByBase.map(({ position, rows }, i) => {
    const js = pairs.map((pair) => pair[i]?.rows.map((row) => row.js) ?? []);
    const [statesByBase = [], statesByFt = [], headsOnBase = [], headsOnFt = []] = js;
    return {
      position,
      ftByBase: rows,
      baseByFt: baseByFt[i]?.rows ?? [],
      statesByBase,
      statesByFt,
      headsOnBase,
      headsOnFt,
    };
  });
}
