import { DataType, GraphBuilder } from '../../onnx/graph-builder.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { tensorsRead } from '../../onnx/sub-graphs.ts';

/** Names of the lengths that {@link feedLengths} makes inputs of the graph. */
export const LENGTHS = {
  /** int32 [1]: index of the last token */
  lastToken: 'ft_lens.last_token',
  /** int32 [1]: tokens, with those in the cache */
  tokens: 'ft_lens.tokens',
} as const;

const PAST = [3, 4];
const LAST_TOKEN = 5;
const TOKENS = 6;

/**
 * Fixes what a fresh prompt in a batch of one fixes, in place: grouped-query attention gets no cache, and is fed the
 * lengths.
 */
export function startFromNothing(model: OnnxModel): void {
  for (const { input } of groupQueryAttentions(model)) for (const place of PAST) input[place] = '';
  feedLengths(model);
}

/**
 * Feeds grouped-query attention, in place, the lengths that graphs otherwise work out from the attention mask, node by
 * node and mostly on the CPU. In a batch of one without padding they are known.
 */
export function feedLengths(model: OnnxModel): void {
  const attentions = groupQueryAttentions(model);
  for (const { input } of attentions) {
    input[LAST_TOKEN] = LENGTHS.lastToken;
    input[TOKENS] = LENGTHS.tokens;
  }
  const builder = new GraphBuilder(model);
  if (attentions.length > 0) for (const name of Object.values(LENGTHS)) builder.input(name, DataType.INT32, [1]);
}

function groupQueryAttentions({ graph }: OnnxModel): NodeProto[] {
  return graph.node.filter(({ opType }) => opType === 'GroupQueryAttention');
}

/** Takes inputs off the graph that no node reads, in place. Without them a caller need not feed them. */
export function dropUnreadInputs({ graph }: OnnxModel): void {
  const read = new Set([...graph.node.flatMap(tensorsRead), ...graph.output.map(({ name }) => name)]);
  graph.input = graph.input.filter(({ name }) => read.has(name));
}
