import { attentionOf } from '../lens/attention.ts';
import type { AttentionReading } from '../lens/readings.ts';
import { finite } from './finite.ts';
import type { BackboneStates } from './run-backbone.ts';

/**
 * What the last of the wanted positions attends to; undefined when the model gives no attention weights.
 * @param queryPosition where it stands in the prompt
 */
export function readAttention(
  model: string,
  { attention }: BackboneStates,
  queryPosition: number,
): AttentionReading | undefined {
  if (attention === undefined) return undefined;
  const { layer, weights, heads } = attention;
  for (const weight of weights) finite(weight, 'attention weight', { model, layer, position: queryPosition });
  return { layer, queryPosition, attention: attentionOf(weights, heads, queryPosition + 1, queryPosition) };
}
