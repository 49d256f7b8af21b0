import type { WeightDtype } from './model-config.ts';

/**
 * Weights by the names that Hugging Face publishes, whatever the file calls them: per-expert tensors are cut out of
 * fused ones. A checkpoint, a merged adapter and a generated model all look like this.
 */
export interface WeightSource {
  /** Published names, such as `model.layers.0.mlp.experts.3.gate_proj.weight`; no `lm_head.weight` when it is tied. */
  readonly names: ReadonlySet<string>;
  /** [rows, columns] of a matrix, [length] of a vector. Throws for a name that is not in `names`. */
  shape(name: string): readonly number[];
  /** Rows [from, to) as f32, row-major: (to - from, columns). A vector has one row per element. */
  rows(name: string, from: number, to: number): Promise<Float32Array>;
}

/** Weights that can also be had as they are stored, so that another thread may decode them. */
export interface StoredWeights extends WeightSource {
  /**
   * Rows [from, to) as the checkpoint's file holds them.
   * @param allocate gives the memory for them, so that it may be shared or used again
   */
  stored(name: string, from: number, to: number, allocate?: Allocate): Promise<StoredRows>;
}

/** Rows of a weight, row-major, in a dtype of the checkpoint. */
export interface StoredRows {
  readonly dtype: WeightDtype;
  /** Little-endian; they start at the beginning of their buffer. */
  readonly bytes: Uint8Array;
}

export type Allocate = (bytes: number) => Uint8Array;
