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
