/** Dot products of two vectors a and b, in f64 */
export interface DotProducts {
  readonly aa: number;
  readonly bb: number;
  readonly ab: number;
  /** ‖b − a‖² */
  readonly squaredDifference: number;
}

/** cos(a, b); 1 for two vectors of zeros, 0 when one of them is */
export function cosine({ aa, bb, ab }: DotProducts): number {
  if (aa === 0 && bb === 0) return 1;
  if (aa === 0 || bb === 0) return 0;
  return ab / Math.sqrt(aa * bb);
}

/** ‖b − a‖ / ‖a‖; a length of 1 stands in for an `a` of zeros, so that the number stays finite */
export function relativeDistance({ aa, squaredDifference }: DotProducts): number {
  return Math.sqrt(squaredDifference) / (aa === 0 ? 1 : Math.sqrt(aa));
}
