import { floatAttribute, intAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import type { AttentionBlock, DecoderAnatomy } from '../anatomy/types.ts';
import type { Query } from './attention-row.ts';
import { cast } from './copy-head.ts';

/** Inputs of com.microsoft GroupQueryAttention */
const COSINES = 7;
const SINES = 8;
const BIAS = 10;
const SINK = 11;
const QUERY_NORM = 14;
const KEY_NORM = 15;

/** Epsilon of the norms of queries and keys where the node states none. */
const DEFAULT_EPSILON = 1e-6;

interface GroupedQueries {
  readonly node: NodeProto;
  readonly heads: number;
  readonly keyValueHeads: number;
  readonly headSize: number;
}

/**
 * Computes anew, in f32, what one position attends to in a grouped-query attention: softmax(q·kᵀ · scale) over the keys
 * that it sees. The operator itself gives its probabilities on the CPU only, and those of every query.
 * @returns the name of the tensor, f32 [heads, 1, visible]; undefined for another operator, and for one with a window,
 * a bias, a sink or a cap on its scores
 */
export function explicitAttention(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  builder: GraphBuilder,
  attention: AttentionBlock,
  { position, visible }: Query,
): string | undefined {
  const block = attention.kind === 'group-query' ? plainGroupedQueries(model, anatomy, attention.node) : undefined;
  if (block === undefined) return undefined;
  const { node, heads, keyValueHeads, headSize } = block;
  const path = `ft_lens.attention/${attention.node}`;
  const groupSize = heads / keyValueHeads;
  const sequence = builder.int64s([1]);
  const first = builder.int64s([0]);

  const { queries, keys } = queriesAndKeys(builder, path, block);
  const query = builder.node(`${path}/query`, 'Slice', [queries, position, visible, sequence]);
  const seen = builder.node(`${path}/keys`, 'Slice', [keys, first, visible, sequence]);

  const at = builder.node(`${path}/query/position`, 'Reshape', [position, builder.int64s([1, 1])]);
  const q = turned(builder, `${path}/query`, { node, heads, norm: QUERY_NORM, positions: at }, query);
  const k = turned(builder, `${path}/keys`, { node, heads: keyValueHeads, norm: KEY_NORM, positions: first }, seen);

  // Heads that share a key stand together: [1, KV, heads per key, size] · [1, KV, size, visible]
  const q4 = builder.node(`${path}/q`, 'Reshape', [q, builder.int64s([1, keyValueHeads, groupSize, headSize])]);
  const k4 = builder.node(`${path}/k`, 'Reshape', [k, builder.int64s([0, 0, keyValueHeads, headSize])]);
  const kt = builder.node(`${path}/kT`, 'Transpose', [k4], { attributes: { perm: [0n, 2n, 3n, 1n] } });
  const products = builder.node(`${path}/products`, 'MatMul', [q4, kt]);
  const scale = floatAttribute(node, 'scale') || 1 / Math.sqrt(headSize);
  const scores = builder.node(`${path}/scores`, 'Mul', [products, builder.float(scale)]);
  const weights = builder.node(`${path}/softmax`, 'Softmax', [scores], { attributes: { axis: -1n } });
  return builder.node(`${path}/heads`, 'Reshape', [weights, builder.int64s([heads, 1, -1])]);
}

function plainGroupedQueries(model: OnnxModel, anatomy: DecoderAnatomy, output: string): GroupedQueries | undefined {
  const node = model.graph.node.find((candidate) => candidate.output[0] === output) as NodeProto;
  const heads = intAttribute(node, 'num_heads') ?? 0;
  const keyValueHeads = intAttribute(node, 'kv_num_heads') ?? 0;
  const [, , , headSize] = anatomy.inputs.past.find(({ name }) => name === node.input[3])?.dims ?? [];
  const tables = model.graph.initializer.filter(({ name }) => name === node.input[COSINES]);
  const plain =
    tables.every(({ dims }) => 2 * Number(dims[1]) === headSize) &&
    (intAttribute(node, 'local_window_size') ?? -1) <= 0 &&
    (floatAttribute(node, 'softcap') ?? 0) === 0 &&
    (intAttribute(node, 'smooth_softmax') ?? 0) <= 0 &&
    (intAttribute(node, 'causal') ?? 1) === 1 &&
    !node.input[BIAS] &&
    !node.input[SINK];
  return plain && headSize !== undefined ? { node, heads, keyValueHeads, headSize } : undefined;
}

/** [1, sequence, heads · size] each, cut out of one tensor where the model packs them. */
function queriesAndKeys(
  builder: GraphBuilder,
  path: string,
  { node, heads, keyValueHeads, headSize }: GroupedQueries,
): { queries: string; keys: string } {
  const [packed = '', keys] = node.input;
  if (keys) return { queries: packed, keys };
  const [end, keyEnd] = [heads * headSize, (heads + keyValueHeads) * headSize];
  const columns = (name: string, from: number, to: number) =>
    builder.node(`${path}/${name}`, 'Slice', [packed, ...[from, to, -1].map((value) => builder.int64s([value]))]);
  return { queries: columns('unpacked/queries', 0, end), keys: columns('unpacked/keys', end, keyEnd) };
}

/** What the operator does to queries and keys before it multiplies them: norm within each head, rotation. As f32. */
function turned(
  builder: GraphBuilder,
  path: string,
  { node, heads, norm, positions }: { node: NodeProto; heads: number; norm: number; positions: string },
  states: string,
): string {
  let tensor = states;
  const weight = node.input[norm];
  if (weight) {
    const split = builder.node(`${path}/split`, 'Reshape', [tensor, builder.int64s([0, 0, heads, -1])]);
    const epsilon = floatAttribute(node, 'qk_norm_epsilon') ?? DEFAULT_EPSILON;
    const normed = builder.node(`${path}/norm`, 'SimplifiedLayerNormalization', [split, weight], {
      attributes: { axis: -1n, epsilon, stash_type: 1n },
    });
    tensor = builder.node(`${path}/join`, 'Reshape', [normed, builder.int64s([0, 0, -1])]);
  }
  const [cosines, sines] = [node.input[COSINES], node.input[SINES]];
  if (intAttribute(node, 'do_rotary') === 1 && cosines && sines)
    tensor = builder.node(`${path}/rotation`, 'RotaryEmbedding', [tensor, positions, cosines, sines], {
      domain: 'com.microsoft',
      attributes: { interleaved: BigInt(intAttribute(node, 'rotary_interleaved') ?? 0), num_heads: BigInt(heads) },
    });
  return cast(builder, tensor);
}
