import { entropy, jensenShannon, topIndices } from './distribution.ts';

/** What one query position attends to in one layer. */
export interface Attention {
  /** (heads, key positions), each row sums to 1 */
  readonly heads: readonly Float64Array[];
  /** mean over heads // (key positions) f64 */
  readonly weights: Float64Array;
  /** entropy of `weights` in nats */
  readonly entropy: number;
  /** key positions by weight, largest first */
  readonly order: readonly number[];
}

/**
 * @param probabilities of one query // (heads, keys) f32, row-major
 * @param position where the query stands in the prompt: it sees the keys 0..position
 */
export function attentionOf(probabilities: Float32Array, heads: number, keys: number, position: number): Attention {
  const perHead = Array.from({ length: heads }, (_, head) =>
    Float64Array.from(probabilities.subarray(head * keys, head * keys + position + 1)),
  );
  const weights = new Float64Array(position + 1);
  for (const head of perHead) for (const [key, weight] of head.entries()) weights[key]! += weight / heads;
  return { heads: perHead, weights, entropy: entropy(weights), order: topIndices(weights, weights.length) };
}

export interface HeadStatistics {
  readonly head: number;
  /** in nats */
  readonly entropy: number;
  readonly sinkShare: number;
}

/** Each head by itself: where a mean over heads looks, no single head may. */
export function headStatistics({ heads }: Attention): HeadStatistics[] {
  return heads.map((weights, head) => ({ head, entropy: entropy(weights), sinkShare: sinkShare(weights) }));
}

/** The weight on position 0, which most models use as a sink: heads that find nothing to look at look there. */
export function sinkShare(weights: Float64Array): number {
  return weights[0] as number;
}

export function compareAttention(base: Attention, ft: Attention): { js: number; sameTop1: boolean } {
  return { js: jensenShannon(base.weights, ft.weights), sameTop1: base.order[0] === ft.order[0] };
}

/** Divergence of each head in nats; none where two models have not the same number of heads. */
export function compareHeads(base: Attention, ft: Attention): number[] {
  if (base.heads.length !== ft.heads.length) return [];
  return base.heads.map((weights, head) => jensenShannon(weights, ft.heads[head] as Float64Array));
}
