import { clone } from '@bufbuild/protobuf';
import { inputError } from '../../errors.ts';
import { floatAttribute } from '../../onnx/attributes.ts';
import { elementType } from '../../onnx/element-type.ts';
import { DataType, type GraphBuilder } from '../../onnx/graph-builder.ts';
import { indexGraph } from '../../onnx/graph-index.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { NodeProtoSchema } from '../../onnx/proto/onnx-ml_pb.ts';
import { SKIP_SUM_OUTPUT, isFusedNorm } from '../anatomy/residual-stream.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { traceValueFlow } from '../anatomy/value-flow.ts';

/** These only choose or rearrange rows on their way to the head; other rows come in here, so they are left out. */
const MOVES_ROWS = new Set([
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Expand',
  'Gather',
  'GatherND',
  'Slice',
  'Identity',
]);
/** After the head a Slice may cut the vocabulary: only these leave every value in place. */
const KEEPS_VALUES = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity']);

/** Epsilon of Skip*LayerNormalization where the node states none. */
const DEFAULT_EPSILON = 1e-12;

export interface HeadInput {
  /** [leading, rows, hidden], of the element type of the model's last residual state */
  readonly tensor: string;
  readonly leading: number;
  readonly norm: 'final' | 'none';
}

/**
 * Appends a second final norm and head to a graph, over the same weights and made of copies of the model's own nodes,
 * that reads other rows than the model's.
 * @returns the name of the logits, f32 [leading, rows, vocabulary]
 */
export function copyHead(model: OnnxModel, anatomy: DecoderAnatomy, builder: GraphBuilder, input: HeadInput): string {
  const { graph } = model;
  const index = indexGraph(graph);
  const { head, hiddenSize, vocabularySize } = anatomy;
  const projection = index.producers.get(head.projection) as NodeProto;
  const norm = index.producers.get(anatomy.residuals.at(-1)?.node ?? '') as NodeProto;
  const flow = traceValueFlow(index, norm, head.logits);
  if (flow === undefined) throw new Error('The anatomy belongs to another model.');

  // tensor of the model → tensor of the copy
  const copies = new Map<string, string>();
  const copyOf = (name: string): string => copies.get(name) ?? name;
  const path = (node: NodeProto): string => `ft_lens.head/${node.output[0]}`;
  const reshape = (name: string, tensor: string, dims: readonly number[]): string =>
    builder.node(`ft_lens.head_${name}`, 'Reshape', [tensor, builder.int64s(dims)]);

  if (input.norm === 'none') {
    const hidden = projection.input[0] as string;
    copies.set(hidden, cast(builder, input.tensor, elementType(index, hidden)));
  } else if (isFusedNorm(norm)) {
    copies.set(norm.output[SKIP_SUM_OUTPUT] || path(norm), input.tensor);
    copies.set(norm.output[0] as string, unfusedNorm(builder, norm, path(norm), input.tensor));
  } else copies.set(norm.output[0] as string, input.tensor);

  const atProjection = flow.nodes.indexOf(projection);
  for (const [i, node] of flow.nodes.entries()) {
    if (node === norm || (input.norm === 'none' && i < atProjection)) continue;
    if ((i < atProjection ? MOVES_ROWS : KEEPS_VALUES).has(node.opType)) {
      copies.set(node.output[0] as string, copyOf(node.input[0] as string));
      continue;
    }
    const inputs = node.input.map(copyOf);
    if (node.opType === 'Gemm') inputs[0] = reshape('rows', inputs[0] as string, [-1, hiddenSize]);
    for (const name of node.output) if (name !== '') copies.set(name, `ft_lens.head/${name}`);
    const copy = clone(NodeProtoSchema, node);
    graph.node.push(Object.assign(copy, { name: path(node), input: inputs, output: node.output.map(copyOf) }));
    if (node === projection) {
      const output = node.output[0] as string;
      copies.set(output, reshape('logits', copyOf(output), [input.leading, -1, vocabularySize]));
    }
  }
  return cast(builder, copyOf(head.logits), DataType.FLOAT);
}

/** The norm half of a Skip*LayerNormalization, reading the sum of its two inputs. */
function unfusedNorm(builder: GraphBuilder, fused: NodeProto, path: string, sum: string): string {
  const attributes = { axis: -1n, epsilon: floatAttribute(fused, 'epsilon') ?? DEFAULT_EPSILON };
  const [, , weight, bias] = fused.input;
  if (weight === undefined) throw inputError('The final norm has no weights.', { where: fused.name });
  if (fused.opType === 'SkipSimplifiedLayerNormalization')
    return builder.node(path, 'SimplifiedLayerNormalization', [sum, weight], {
      attributes: { ...attributes, stash_type: 1n },
    });
  return builder.node(path, 'LayerNormalization', bias ? [sum, weight, bias] : [sum, weight], { attributes });
}

/** A Cast, also where it changes nothing: the runtime removes those. */
export function cast(builder: GraphBuilder, tensor: string, type: DataType = DataType.FLOAT): string {
  return builder.node(`ft_lens.cast/${DataType[type]}/${tensor}`, 'Cast', [tensor], {
    attributes: { to: BigInt(type) },
  });
}
