import { setAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import type { AttentionBlock } from '../anatomy/types.ts';
import { cast } from './copy-head.ts';

/** How each operator is asked for its probabilities (after the softmax); they are its output 3. */
const ASK_FOR_PROBABILITIES = {
  'group-query': { attribute: 'qk_output', value: 2n },
  attention: { attribute: 'qk_matmul_output_mode', value: 3n },
} as const;
const PROBABILITIES_OUTPUT = 3;

/**
 * Attention probabilities of the rows at `positions`.
 * @returns the name of the tensor, f32 [heads, P, total]; undefined when the operator keeps them to itself
 */
export function exposeAttention(
  model: OnnxModel,
  builder: GraphBuilder,
  attention: AttentionBlock,
  positions: string,
): string | undefined {
  const probabilities = probabilitiesOf(model, attention);
  if (probabilities === undefined) return undefined;
  const path = `ft_lens.attention/${attention.node}`;
  // Some graphs split the heads over two axes; the last two are always query and key positions.
  const lastTwo = builder.node(`${path}/sizes`, 'Gather', [
    builder.node(`${path}/shape`, 'Shape', [probabilities]),
    builder.int64s([-2, -1]),
  ]);
  const heads = builder.node(`${path}/heads_shape`, 'Concat', [builder.int64s([-1]), lastTwo], {
    attributes: { axis: 0n },
  });
  const byHead = builder.node(`${path}/heads`, 'Reshape', [probabilities, heads]);
  const rows = builder.node(`${path}/rows`, 'Gather', [byHead, positions], { attributes: { axis: 1n } });
  return cast(builder, rows);
}

function probabilitiesOf(model: OnnxModel, attention: AttentionBlock): string | undefined {
  if (attention.kind === 'softmax') return attention.node;
  if (attention.kind === 'multi-head') return undefined;
  const node = model.graph.node.find(({ output }) => output[0] === attention.node) as NodeProto;
  if (attention.kind === 'attention' && node.domain === 'com.microsoft') return undefined;
  const { attribute, value } = ASK_FOR_PROBABILITIES[attention.kind];
  setAttribute(node, attribute, value);
  while (node.output.length < PROBABILITIES_OUTPUT) node.output.push('');
  node.output[PROBABILITIES_OUTPUT] ||= `ft_lens.attention/${attention.node}/probabilities`;
  return node.output[PROBABILITIES_OUTPUT];
}
