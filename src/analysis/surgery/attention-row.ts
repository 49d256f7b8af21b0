import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { setAttribute } from '../../onnx/attributes.ts';
import type { AttentionBlock, DecoderAnatomy } from '../anatomy/types.ts';
import { cast } from './copy-head.ts';
import { explicitAttention } from './explicit-attention.ts';

/** One query of a prompt, as inputs of a graph. */
export interface Query {
  /** int64 [1]: the position that attends */
  readonly position: string;
  /** int64 [1]: how many positions it sees, itself the last */
  readonly visible: string;
}

/** How each operator is asked for its probabilities (after the softmax); they are its output 3. Only the CPU gives them. */
const ASK_FOR_PROBABILITIES = {
  'group-query': { attribute: 'qk_output', value: 2n },
  attention: { attribute: 'qk_matmul_output_mode', value: 3n },
} as const;
const PROBABILITIES_OUTPUT = 3;

/**
 * What one position attends to.
 * @returns the name of the tensor, f32 [heads, 1, visible]; undefined when the operator keeps it to itself
 */
export function attentionRow(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  builder: GraphBuilder,
  attention: AttentionBlock,
  query: Query,
  onCpu: boolean,
): string | undefined {
  const explicit = explicitAttention(model, anatomy, builder, attention, query);
  if (explicit !== undefined) return explicit;
  const probabilities = probabilitiesOf(model, attention, onCpu);
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
  const row = builder.node(`${path}/row`, 'Slice', [byHead, query.position, query.visible, builder.int64s([1])]);
  const seen = builder.node(`${path}/seen`, 'Slice', [row, builder.int64s([0]), query.visible, builder.int64s([2])]);
  return cast(builder, seen);
}

function probabilitiesOf(model: OnnxModel, attention: AttentionBlock, onCpu: boolean): string | undefined {
  if (attention.kind === 'softmax') return attention.node;
  if (attention.kind === 'multi-head' || !onCpu) return undefined;
  const node = model.graph.node.find(({ output }) => output[0] === attention.node) as NodeProto;
  if (attention.kind === 'attention' && node.domain === 'com.microsoft') return undefined;
  const { attribute, value } = ASK_FOR_PROBABILITIES[attention.kind];
  setAttribute(node, attribute, value);
  while (node.output.length < PROBABILITIES_OUTPUT) node.output.push('');
  node.output[PROBABILITIES_OUTPUT] ||= `ft_lens.attention/${attention.node}/probabilities`;
  return node.output[PROBABILITIES_OUTPUT];
}
