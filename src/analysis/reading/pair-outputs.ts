import type { RunResult } from '../engine/run-result.ts';
import { cosine, relativeDistance } from '../lens/geometry.ts';
import type { PairPositionReading, PairRowReading } from '../lens/readings.ts';
import { finite } from './finite.ts';

export const PAIR_OUTPUTS = [
  'kl_ft_base',
  'kl_base_ft',
  'js',
  'base_top_rank_in_ft',
  'ft_top_rank_in_base',
  'own_difference',
] as const;

export const GEOMETRY_OUTPUTS = ['base_base', 'ft_ft', 'base_ft', 'squared_difference', 'largest_difference'] as const;

/** Which comparison of a run is wanted: R rows (embedding and layers), some positions. */
export interface PairOutputShape {
  /** stands before the names of its outputs */
  readonly prefix: string;
  /** the two models, for messages */
  readonly models: string;
  readonly rows: number;
  readonly positions: readonly number[];
}

/** The outputs of pair statistics and residual geometry, position by position. */
export function pairPositions(
  statistics: RunResult,
  geometry: RunResult,
  { prefix, models, rows, positions }: PairOutputShape,
): PairPositionReading[] {
  const floats = (name: string) => statistics.floats(prefix + name);
  const integers = (name: string) => statistics.integers(prefix + name);
  const [klFtBase, klBaseFt, js] = ['kl_ft_base', 'kl_base_ft', 'js'].map(floats);
  const [baseRank, ftRank] = ['base_top_rank_in_ft', 'ft_top_rank_in_base'].map(integers);
  const [aa, bb, ab, squaredDifference] = GEOMETRY_OUTPUTS.slice(0, 4).map((name) => geometry.doubles(name));
  const largestDifference = geometry.floats('largest_difference');
  const ownDifference = floats('own_difference');

  return positions.map((position, column) => {
    const row = (layer: number): PairRowReading => {
      const at = (values: ArrayLike<number> | undefined, what: string) =>
        finite(values?.[layer * positions.length + column], what, { model: models, layer, position });
      const products = {
        aa: at(aa, 'norm'),
        bb: at(bb, 'norm'),
        ab: at(ab, 'product'),
        squaredDifference: at(squaredDifference, 'distance'),
      };
      return {
        // Rounding may leave a divergence a little outside its bounds.
        klFtBase: Math.max(0, at(klFtBase, 'divergence')),
        klBaseFt: Math.max(0, at(klBaseFt, 'divergence')),
        js: Math.min(Math.LN2, Math.max(0, at(js, 'divergence'))),
        baseTopRankInFt: at(baseRank, 'rank'),
        ftTopRankInBase: at(ftRank, 'rank'),
        residualCosine: cosine(products),
        residualRelativeL2: relativeDistance(products),
        sameResidual: at(largestDifference, 'distance') === 0,
      };
    };
    return {
      position,
      rows: Array.from({ length: rows }, (_, layer) => row(layer)),
      sameOwnLogits: ownDifference[column] === 0,
    };
  });
}
