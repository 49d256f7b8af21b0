/** How an export stores its matrices. Norms and routers are f32, the embedding f16, whatever the recipe. */
export interface QuantizationRecipe {
  /** Bits of a weight of the attention projections and the experts. */
  readonly bits: 4 | 8;
  /** Successive weights of a row that share a scale. */
  readonly blockSize: 32 | 64 | 128;
  /** Bits of a weight of the head; 16 is f16, without blocks. */
  readonly headBits: 4 | 8 | 16;
}

export const DEFAULT_RECIPE: QuantizationRecipe = { bits: 4, blockSize: 64, headBits: 16 };
