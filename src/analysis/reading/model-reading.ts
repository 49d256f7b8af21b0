import type { ModelReading } from '../lens/readings.ts';
import { type Routing, route } from '../lens/routing.ts';
import type { OpenModel } from '../model/open-model.ts';
import { finite } from './finite.ts';
import type { RawReading } from './read-models.ts';
import type { BackboneStates } from './run-backbone.ts';

/** Puts together what the lens and the backbone say of one model. */
export function modelReading(model: OpenModel, raw: RawReading): ModelReading {
  return {
    positions: raw.rows.map((rows, index) => ({
      ...rows,
      routing: routingAt(model, raw.states, index, rows.position),
    })),
    attention: raw.attention,
  };
}

function routingAt(model: OpenModel, states: BackboneStates, index: number, position: number): Map<number, Routing> {
  const routings = new Map<number, Routing>();
  for (const [layer, logits] of states.routerLogits) {
    const router = model.anatomy.layers[layer - 1]?.router;
    if (router === undefined) continue;
    const row = logits.subarray(index * router.experts, (index + 1) * router.experts);
    for (const logit of row) finite(logit, 'router logit', { model: model.name, layer, position });
    routings.set(layer, route(row, router.topK));
  }
  return routings;
}
