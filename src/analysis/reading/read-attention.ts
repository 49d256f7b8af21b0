import type { Engine } from '../engine/engine.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import { int64Tensor } from '../engine/tensors.ts';
import { attentionOf } from '../lens/attention.ts';
import { attentionQueryGraph } from '../lens/graphs/attention-query.ts';
import type { AttentionReading } from '../lens/readings.ts';
import { finite } from './finite.ts';
import type { BackboneStates } from './run-backbone.ts';

/**
 * What the last of the wanted positions attends to; undefined when the model gives no attention weights.
 * @param positions in the order of the states' rows
 */
export async function readAttention(
  engine: Engine,
  model: string,
  { attention }: BackboneStates,
  positions: readonly number[],
  options: SessionOptions,
): Promise<AttentionReading | undefined> {
  if (attention === undefined) return undefined;
  const query = positions.length - 1;
  const queryPosition = positions[query] as number;
  const session = await engine.createSession(attentionQueryGraph(), 'the graph that picks attention weights', options);
  const result = await session.run(
    { probabilities: attention.probabilities, query: int64Tensor([query]) },
    { fetch: ['weights'] },
  );
  await session.release();
  const weights = result.floats('weights');
  const [heads = 0, , keys = 0] = result.dims('weights');
  for (const weight of weights)
    finite(weight, 'attention weight', { model, layer: attention.layer, position: queryPosition });
  return { layer: attention.layer, queryPosition, attention: attentionOf(weights, heads, keys, queryPosition) };
}
