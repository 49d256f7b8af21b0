/**
 * The statistics of one row of logits by their textbook formulas in f64: the witness against which the graphs are
 * tested. Nothing here is shared with the product.
 */

function logSoftmax(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const largest = values.reduce((a, b) => Math.max(a, b));
  const logSum = Math.log(sum(values.map((value) => Math.exp(value - largest))));
  return values.map((value) => value - largest - logSum);
}

export function softmax(logits: ArrayLike<number>): Float64Array {
  return logSoftmax(logits).map(Math.exp);
}

/** −Σ p ln p */
export function entropy(logits: ArrayLike<number>): number {
  return -sum(logSoftmax(logits).map((logP) => Math.exp(logP) * logP));
}

/** KL(p ‖ q) = Σ p (ln p − ln q) */
export function kl(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const logQ = logSoftmax(q);
  return sum(logSoftmax(p).map((logP, i) => Math.exp(logP) * (logP - (logQ[i] as number))));
}

/** ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2 */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [a, b] = [softmax(p), softmax(q)];
  const toMixture = (own: Float64Array, other: Float64Array) =>
    sum(own.map((x, i) => (x === 0 ? 0 : x * Math.log((2 * x) / (x + (other[i] as number))))));
  return (toMixture(a, b) + toMixture(b, a)) / 2;
}

/** Ids of the k largest logits, equal ones by lower id */
export function top(logits: ArrayLike<number>, k: number): number[] {
  return Array.from(logits, (logit, id) => ({ logit, id }))
    .sort((a, b) => b.logit - a.logit || a.id - b.id)
    .slice(0, k)
    .map(({ id }) => id);
}

/** 1 + how many logits are larger than that of `id` */
export function rank(logits: ArrayLike<number>, id: number): number {
  return 1 + Array.from(logits).filter((logit) => logit > (logits[id] as number)).length;
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return sum(Float64Array.from(a, (x, i) => x * (b[i] as number)));
}

/** Neumaier's sum: exact to the last bit or two, whatever the order */
function sum(terms: ArrayLike<number>): number {
  let total = 0;
  let lost = 0;
  for (const term of Array.from(terms)) {
    const next = total + term;
    lost += Math.abs(total) >= Math.abs(term) ? total - next + term : term - next + total;
    total = next;
  }
  return total + lost;
}
