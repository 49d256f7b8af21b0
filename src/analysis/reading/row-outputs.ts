import type { RunResult } from '../engine/run-result.ts';
import type { PositionReading, RowReading } from '../lens/readings.ts';
import { finite } from './finite.ts';

/** One model's part in a run of the row statistics: R rows (embedding and layers), some positions. */
export interface RowOutputShape {
  readonly model: string;
  /** which of the run's models */
  readonly index: number;
  readonly rows: number;
  readonly positions: readonly number[];
  readonly topK: number;
  readonly finalTop: number;
  readonly tracked: number;
}

export const ROW_OUTPUTS = [
  'top_ids',
  'top_probs',
  'entropy',
  'active',
  'kl_to_final',
  'final_prob',
  'final_rank',
  'own_top_ids',
  'own_top_probs',
  'head_difference',
] as const;

export const TRACKED_OUTPUTS = ['tracked_probs', 'tracked_ranks'] as const;

/** What the lens says at one position; routing comes from the backbone. */
export type PositionRows = Omit<PositionReading, 'routing'>;

/**
 * One model's outputs of the row statistics, position by position.
 * @param squaredNorms of the residual stream // (R, p, 1) f64
 * @throws FtLensError when a number is not finite
 */
export function positionRows(result: RunResult, squaredNorms: Float64Array, shape: RowOutputShape): PositionRows[] {
  const { rows, positions, topK, finalTop, tracked, model, index: modelIndex } = shape;
  const floats = (name: string) => result.floats(name);
  const [topIds, topProbs] = [result.integers('top_ids'), floats('top_probs')];
  const [entropy, active, klToFinal] = [floats('entropy'), result.integers('active'), floats('kl_to_final')];
  const [finalProb, finalRank] = [floats('final_prob'), result.integers('final_rank')];
  const [ownIds, ownProbs, headDifference] = [
    result.integers('own_top_ids'),
    floats('own_top_probs'),
    floats('head_difference'),
  ];
  const trackedProbs = tracked === 0 ? [] : floats('tracked_probs');
  const trackedRanks = tracked === 0 ? [] : result.integers('tracked_ranks');

  return positions.map((position, column) => {
    const row = (layer: number): RowReading => {
      const index = (modelIndex * rows + layer) * positions.length + column;
      const place = { model, layer, position };
      const several = (values: ArrayLike<number>, count: number, what: string) =>
        Array.from({ length: count }, (_, i) => finite(values[index * count + i], what, place));
      const probs = several(trackedProbs, tracked, 'probability');
      const ranks = several(trackedRanks, tracked, 'rank');
      return {
        residualNorm: Math.sqrt(finite(squaredNorms[layer * positions.length + column], 'residual stream', place)),
        // Rounding may leave a sum that is never negative a little below 0.
        entropy: Math.max(0, finite(entropy[index], 'entropy', place)),
        klToFinal: Math.max(0, finite(klToFinal[index], 'divergence', place)),
        topIds: several(topIds, topK, 'token id'),
        topProbs: several(topProbs, topK, 'probability'),
        active: finite(active[index], 'count', place),
        finalProb: finite(finalProb[index], 'probability', place),
        finalRank: finite(finalRank[index], 'rank', place),
        tracked: probs.map((prob, i) => ({ prob, rank: ranks[i] as number })),
      };
    };
    const ownIndex = modelIndex * positions.length + column;
    const own = (values: ArrayLike<number>) =>
      Array.from({ length: finalTop }, (_, i) =>
        finite(values[ownIndex * finalTop + i], 'probability of the final prediction', { model, position }),
      );
    return {
      position,
      rows: Array.from({ length: rows }, (_, layer) => row(layer)),
      final: { ids: own(ownIds), probs: own(ownProbs) },
      headDifference: finite(headDifference[ownIndex], 'probability of the final prediction', { model, position }),
    };
  });
}
