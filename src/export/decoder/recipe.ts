/** How an export stores its matrices. Norms and routers are f32, the embedding f16, whatever the recipe. */
export interface QuantizationRecipe {
  /** Bits of a weight of the attention projections and the experts. */
  readonly bits: 4 | 8;
  /** Successive weights of a row that share a scale. */
  readonly blockSize: 32 | 64 | 128;
  /** Bits of a weight of the head; 16 is f16, without blocks. */
  readonly headBits: 4 | 8 | 16;
  /**
   * How a block gets its scale: `signed-extreme`, so that the weight of largest magnitude is the lowest integer;
   * `searched-scale`, the one of 32 scales around that one which has the least error.
   */
  readonly rule: 'signed-extreme' | 'searched-scale';
}

export const DEFAULT_RECIPE: QuantizationRecipe = { bits: 4, blockSize: 64, headBits: 16, rule: 'signed-extreme' };

/** The recipe with what is left open as it is by default. */
export function completeRecipe({ bits, blockSize, headBits, rule }: Partial<QuantizationRecipe>): QuantizationRecipe {
  return {
    bits: bits ?? DEFAULT_RECIPE.bits,
    blockSize: blockSize ?? DEFAULT_RECIPE.blockSize,
    headBits: headBits ?? DEFAULT_RECIPE.headBits,
    rule: rule ?? DEFAULT_RECIPE.rule,
  };
}
