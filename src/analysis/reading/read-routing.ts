import { type Routing, route } from '../lens/routing.ts';
import type { Side } from '../progress.ts';
import type { OpenModel } from '../model/open-model.ts';
import { finite } from './finite.ts';
import type { BackboneStates } from './run-backbone.ts';

/**
 * Which experts each block used, by layer, counted from 1; one map for each of the wanted positions.
 * @param positions in the order of the states' rows
 */
export function readRouting(
  side: Side,
  { anatomy }: OpenModel,
  { routerLogits }: BackboneStates,
  positions: readonly number[],
): Map<number, Routing>[] {
  return positions.map((position, index) => {
    const routings = new Map<number, Routing>();
    for (const [layer, logits] of routerLogits) {
      const router = anatomy.layers[layer - 1]?.router;
      if (router === undefined) continue;
      const row = logits.subarray(index * router.experts, (index + 1) * router.experts);
      for (const logit of row) finite(logit, 'router logit', { model: side, layer, position });
      routings.set(layer, route(row, router.topK));
    }
    return routings;
  });
}
