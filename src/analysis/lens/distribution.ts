/** Small distributions in f64: experts and attended positions. Vocabularies are too large for this; see graphs/. */

/** e^x / Σ e^x */
export function softmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = values.map((value) => Math.exp(value - largest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((value) => value / sum);
}

/** Entropy −Σ p ln p in nats; an entry of 0 counts 0 */
export function entropy(probabilities: ArrayLike<number>): number {
  let total = 0;
  for (const p of Array.from(probabilities)) if (p > 0) total -= p * Math.log(p);
  return Math.max(0, total);
}

/** Jensen-Shannon divergence in nats, 0 for equal distributions and at most ln 2 */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < p.length; i += 1) {
    const [a, b] = [p[i] as number, q[i] as number];
    if (a > 0) total += a * Math.log((2 * a) / (a + b));
    if (b > 0) total += b * Math.log((2 * b) / (a + b));
  }
  return Math.min(Math.LN2, Math.max(0, total / 2));
}

/** Indices of the k largest values, largest first, equal ones by index */
export function topIndices(values: ArrayLike<number>, k: number): number[] {
  return Array.from(values, (value, index) => ({ value, index }))
    .sort((a, b) => b.value - a.value || a.index - b.index)
    .slice(0, k)
    .map(({ index }) => index);
}
