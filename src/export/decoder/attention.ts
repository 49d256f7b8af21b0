import { DataType } from '../../onnx/graph-builder.ts';
import type { DecoderContext } from './context.ts';
import { addNorm } from './norm.ts';
import { addQuantizedMatMul } from './projection.ts';
import { addRotation, type RotaryAngles } from './rotary.ts';
import { headNormWeight, type Projection, projectionWeight } from './tensor-names.ts';

/** What GroupQueryAttention wants to know of the attention mask. */
export interface SequenceLengths {
  /** int32 [batch]: index of the last valid token, past ones counted */
  readonly lastIndex: string;
  /** int32 scalar: past and present tokens, padding counted */
  readonly total: string;
}

export function addSequenceLengths({ graph }: DecoderContext, attentionMask: string): SequenceLengths {
  const path = '/model/attention_mask';
  const toInt32 = { attributes: { to: BigInt(DataType.INT32) } };
  const count = graph.node(`${path}/ReduceSum`, 'ReduceSum', [attentionMask, graph.int64s([1])], {
    attributes: { keepdims: 0n },
  });
  const last = graph.node(`${path}/Sub`, 'Sub', [count, graph.int64(1)]);
  const shape = graph.node(`${path}/Shape`, 'Shape', [attentionMask]);
  const total = graph.node(`${path}/Gather`, 'Gather', [shape, graph.int64(1)], { attributes: { axis: 0n } });
  return {
    lastIndex: graph.node(`${path}/last_index/Cast`, 'Cast', [last], toInt32),
    total: graph.node(`${path}/total/Cast`, 'Cast', [total], toInt32),
  };
}

/**
 * Grouped-query attention with a norm on every query and key head:
 *
 *   x ─┬ q_proj ─ q_norm ─ rotation ─┐
 *      ├ k_proj ─ k_norm ─ rotation ─┤ GroupQueryAttention ─ o_proj
 *      └ v_proj ─────────────────────┤   │
 *   past_key_values.{i}.key|value ───┘   └ present.{i}.key|value
 *
 * @param x f32 [batch, sequence, hidden], as the result
 */
export function addAttention(
  context: DecoderContext,
  layer: number,
  x: string,
  angles: RotaryAngles,
  lengths: SequenceLengths,
): string {
  const { graph, config } = context;
  const { attentionHeads, keyValueHeads, headDim, hiddenSize } = config;
  const path = `/model/layers.${layer}/self_attn`;
  const project = (projection: Projection, input: string, rows: number, columns: number): string =>
    addQuantizedMatMul(context, `${path}/${projection}`, input, {
      weight: projectionWeight(layer, projection),
      rows,
      columns,
      bits: context.recipe.bits,
    });
  const queries = project('q_proj', x, attentionHeads * headDim, hiddenSize);
  const keys = project('k_proj', x, keyValueHeads * headDim, hiddenSize);
  const values = project('v_proj', x, keyValueHeads * headDim, hiddenSize);
  const attended = graph.node(
    `${path}/GroupQueryAttention`,
    'GroupQueryAttention',
    [
      addHeadNorm(context, layer, 'q_norm', queries, attentionHeads, angles),
      addHeadNorm(context, layer, 'k_norm', keys, keyValueHeads, angles),
      values,
      ...addCache(context, layer),
      lengths.lastIndex,
      lengths.total,
    ],
    {
      domain: 'com.microsoft',
      attributes: { num_heads: BigInt(attentionHeads), kv_num_heads: BigInt(keyValueHeads), do_rotary: 0n },
      outputs: [`${path}/GroupQueryAttention/output`, `present.${layer}.key`, `present.${layer}.value`],
    },
  );
  return project('o_proj', attended, hiddenSize, attentionHeads * headDim);
}

/** Norm within each head, then rotation; f32 [batch, sequence, heads · head size], as the result. */
function addHeadNorm(
  context: DecoderContext,
  layer: number,
  norm: 'q_norm' | 'k_norm',
  x: string,
  heads: number,
  angles: RotaryAngles,
): string {
  const { graph, config } = context;
  const path = `/model/layers.${layer}/self_attn/${norm}`;
  // 0 keeps the input's length of that axis.
  const split = graph.node(`${path}/split/Reshape`, 'Reshape', [x, graph.int64s([0, 0, heads, config.headDim])]);
  const normed = addNorm(context, path, split, headNormWeight(layer, norm));
  const joined = graph.node(`${path}/join/Reshape`, 'Reshape', [normed, graph.int64s([0, 0, heads * config.headDim])]);
  return addRotation(context, path, joined, heads, angles);
}

/**
 * Declares the layer's cache. transformers.js makes the first, empty one from this shape: it knows `batch_size`, takes 0
 * for any other name, and so needs literal head counts and sizes.
 */
function addCache({ graph, config }: DecoderContext, layer: number): string[] {
  const { keyValueHeads, headDim } = config;
  return ['key', 'value'].map((part) => {
    graph.output(`present.${layer}.${part}`, DataType.FLOAT, [
      'batch_size',
      keyValueHeads,
      'total_sequence_length',
      headDim,
    ]);
    return graph.input(`past_key_values.${layer}.${part}`, DataType.FLOAT, [
      'batch_size',
      keyValueHeads,
      'past_sequence_length',
      headDim,
    ]);
  });
}
