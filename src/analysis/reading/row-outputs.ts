import type { RunResult } from '../engine/run-result.ts';
import type { Tracked } from '../lens/graphs/tracked-tokens.ts';
import type { PositionReading, RowReading } from '../lens/readings.ts';
import { finite } from './finite.ts';

/** One model's part in a run of the row statistics: R rows (embedding and layers), some positions. */
export interface RowOutputShape extends Tracked {
  readonly model: string;
  /** which of the run's models */
  readonly index: number;
  readonly rows: number;
  readonly positions: readonly number[];
  readonly topK: number;
  readonly finalTop: number;
}

const ROW_OUTPUTS = [
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

const TRACKED_OUTPUTS = ['tracked_probs', 'tracked_ranks'] as const;
const SET_OUTPUTS = ['set_probs', 'set_best', 'set_ranks'] as const;

/** Names of the outputs that {@link positionRows} reads. */
export function rowOutputs({ tracked, trackedSets }: Tracked): string[] {
  return [
    ...ROW_OUTPUTS,
    ...(tracked.length > 0 ? TRACKED_OUTPUTS : []),
    ...(trackedSets.length > 0 ? SET_OUTPUTS : []),
  ];
}

/** What the lens says at one position; routing comes from the backbone. */
export type PositionRows = Omit<PositionReading, 'routing'>;

/**
 * One model's outputs of the row statistics, position by position.
 * @param squaredNorms of the residual stream // (R, p, 1) f64
 * @throws FtLensError when a number is not finite
 */
export function positionRows(result: RunResult, squaredNorms: Float64Array, shape: RowOutputShape): PositionRows[] {
  const { rows, positions, topK, finalTop, tracked, trackedSets, model, index: modelIndex } = shape;
  const floats = (name: string) => result.floats(name);
  const [topIds, topProbs] = [result.integers('top_ids'), floats('top_probs')];
  const [entropy, active, klToFinal] = [floats('entropy'), result.integers('active'), floats('kl_to_final')];
  const [finalProb, finalRank] = [floats('final_prob'), result.integers('final_rank')];
  const [ownIds, ownProbs, headDifference] = [
    result.integers('own_top_ids'),
    floats('own_top_probs'),
    floats('head_difference'),
  ];
  const [tokens, sets] = [tracked.length, trackedSets.length];
  const [trackedProbs, trackedRanks] =
    tokens === 0 ? [[], []] : [floats('tracked_probs'), result.integers('tracked_ranks')];
  const setProbs = sets === 0 ? [] : floats('set_probs');
  const [setBest, setRanks] = sets === 0 ? [[], []] : [result.integers('set_best'), result.integers('set_ranks')];

  return positions.map((position, column) => {
    const row = (layer: number): RowReading => {
      const index = (modelIndex * rows + layer) * positions.length + column;
      const place = { model, layer, position };
      const several = (values: ArrayLike<number>, count: number, what: string) =>
        Array.from({ length: count }, (_, i) => finite(values[index * count + i], what, place));
      const [probs, ranks] = [several(trackedProbs, tokens, 'probability'), several(trackedRanks, tokens, 'rank')];
      const [masses, bestRanks] = [several(setProbs, sets, 'probability'), several(setRanks, sets, 'rank')];
      const best = several(setBest, sets, 'token of a set');
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
        trackedSets: masses.map((prob, i) => ({
          prob,
          bestRank: bestRanks[i] as number,
          bestId: trackedSets[i]?.[best[i] as number] as number,
        })),
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
