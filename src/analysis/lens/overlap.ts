/** Jaccard index |a ∩ b| / |a ∪ b| of two lists without repetitions; two empty lists are equal. */
export function jaccard(a: readonly number[], b: readonly number[]): number {
  const inB = new Set(b);
  const shared = a.filter((item) => inB.has(item)).length;
  const all = a.length + b.length - shared;
  return all === 0 ? 1 : shared / all;
}

/** Items of `a` that are not in `b`, in ascending order */
export function missingFrom(b: readonly number[], a: readonly number[]): number[] {
  const inB = new Set(b);
  return a.filter((item) => !inB.has(item)).sort((x, y) => x - y);
}
