import type { Qwen3MoeConfig } from '../../../src/export/checkpoint/model-config.ts';
import { publishedWeights } from '../../../src/export/checkpoint/weight-names.ts';

export interface TinyTensor {
  shape: readonly number[];
  /** f32 values; counts up from `start` when left out, so that every element of a file can be told from the others */
  values?: Float32Array;
  start?: number;
}

/** A whole safetensors file from a header object or text, and data. */
export function safetensorsBytes(header: object | string, data: Uint8Array = new Uint8Array()): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
}

/** f32 tensors, one after another. */
export function tinySafetensors(tensors: Record<string, TinyTensor>): Uint8Array {
  const header: Record<string, object> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, tensor] of Object.entries(tensors)) {
    const values = tinyValues(tensor);
    header[name] = { dtype: 'F32', shape: tensor.shape, data_offsets: [offset, offset + values.byteLength] };
    parts.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    offset += values.byteLength;
  }
  return safetensorsBytes(header, Buffer.concat(parts));
}

export function tinyValues({ shape, values, start = 0 }: TinyTensor): Float32Array {
  const size = shape.reduce((product, dimension) => product * dimension, 1);
  return values ?? Float32Array.from({ length: size }, (_, i) => start + i);
}

/** Sizes that differ from each other, so that a transposed or mistaken one cannot pass. */
export const TINY_CONFIG: Qwen3MoeConfig = {
  layers: 2,
  hiddenSize: 6,
  attentionHeads: 4,
  keyValueHeads: 2,
  headDim: 2,
  experts: 3,
  expertsPerToken: 2,
  expertIntermediateSize: 5,
  vocabSize: 11,
  rmsNormEps: 1e-6,
  ropeTheta: 10_000,
  maxPositions: 128,
  tiedEmbeddings: false,
};

/** config.json of {@link TINY_CONFIG}, as transformers 4 writes it. */
export const TINY_CONFIG_JSON = {
  model_type: 'qwen3_moe',
  num_hidden_layers: 2,
  hidden_size: 6,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 2,
  num_experts: 3,
  num_experts_per_tok: 2,
  moe_intermediate_size: 5,
  vocab_size: 11,
  max_position_embeddings: 128,
  rms_norm_eps: 1e-6,
  rope_theta: 10_000,
  norm_topk_prob: true,
  tie_word_embeddings: false,
};

/** Every weight of the tiny model by its published name; weight n counts up from 1000 n. */
export function tinyWeights(config: Qwen3MoeConfig = TINY_CONFIG): Record<string, TinyTensor> {
  const entries = [...publishedWeights(config)].map(([name, shape], n) => [name, { shape, start: 1000 * n }] as const);
  return Object.fromEntries(entries);
}
