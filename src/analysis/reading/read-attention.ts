import { attentionOf } from '../lens/attention.ts';
import type { AttentionReading, ModelReading } from '../lens/readings.ts';
import { finite } from './finite.ts';
import type { BackboneStates } from './run-backbone.ts';

export interface WantedAttention {
  /** where the position that attends stands in the prompt */
  readonly queryPosition: number;
  /** layers asked for, from 1, ascending */
  readonly layers: readonly number[];
  readonly lastLayer: number;
}

/** What the last of the wanted positions attends to, in the last layer and in the layers asked for. */
export function readAttention(
  model: string,
  { attention }: BackboneStates,
  { queryPosition, layers, lastLayer }: WantedAttention,
): Pick<ModelReading, 'attention' | 'attentionLayers'> {
  const read = (layer: number): AttentionReading[] => {
    const given = attention.get(layer);
    if (given === undefined) return [];
    for (const weight of given.weights) finite(weight, 'attention weight', { model, layer, position: queryPosition });
    const weights = attentionOf(given.weights, given.heads, queryPosition + 1, queryPosition);
    return [{ layer, queryPosition, attention: weights }];
  };
  return { attention: read(lastLayer)[0], attentionLayers: layers.flatMap(read) };
}
