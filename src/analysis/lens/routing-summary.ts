import { compareLoad, expertLoad, type LoadComparison } from './expert-load.ts';
import { compareRouting, type Routing } from './routing.ts';

/** How two models route the same tokens through one block: means over the tokens, and the load of the experts. */
export interface RoutingSummary {
  /** experts that both models use for a token */
  readonly meanShared: number;
  readonly meanJaccard: number;
  /** over all experts' probabilities, in nats */
  readonly meanJs: number;
  /** mean of the router's entropy in the fine-tune less that in the base, in nats */
  readonly meanEntropyDelta: number;
  readonly load: LoadComparison;
}

/**
 * The positions that are summed up. The first token of a prompt is an attention sink in most models: its routing is its
 * own, so that it only counts where nothing else was read.
 */
export function withoutSink<Place extends { readonly position: number }>(places: readonly Place[]): readonly Place[] {
  const others = places.filter(({ position }) => position > 0);
  return others.length === 0 ? places : others;
}

/** Both lists are of the same tokens in the same order; at least one. */
export function summarizeRouting(base: readonly Routing[], ft: readonly Routing[]): RoutingSummary {
  const comparisons = base.map((routing, token) => compareRouting(routing, ft[token] as Routing));
  return {
    meanShared: mean(base.map(({ experts }, token) => experts.length - (comparisons[token]?.lost.length ?? 0))),
    meanJaccard: mean(comparisons.map(({ jaccard }) => jaccard)),
    meanJs: mean(comparisons.map(({ js }) => js)),
    meanEntropyDelta: mean(base.map(({ entropy }, token) => (ft[token] as Routing).entropy - entropy)),
    load: compareLoad(expertLoad(base), expertLoad(ft)),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
