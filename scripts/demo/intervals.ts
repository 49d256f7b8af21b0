/** A mean, or a share, with its 95 % interval. */
export interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const RESAMPLES = 4000;

/** The mean of a sample; the interval is the percentile bootstrap's, always with the same draws. */
export function meanOf(values: readonly number[]): Estimate {
  const random = minimalStandard(20);
  const means = Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let draw = 0; draw < values.length; draw++) sum += values[Math.floor(random() * values.length)] as number;
    return sum / values.length;
  }).sort((a, b) => a - b);
  const quantile = (share: number): number => means[Math.round(share * (RESAMPLES - 1))] as number;
  return {
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: quantile(0.025),
    high: quantile(0.975),
  };
}

/** The share of true values, with Wilson's score interval (z = 1.96): a bootstrap of 0 % or 100 % has no width. */
export function shareOf(values: readonly boolean[]): Estimate {
  const [z, count] = [1.96, values.length];
  const share = values.filter(Boolean).length / count;
  const middle = share + z ** 2 / (2 * count);
  const spread = z * Math.sqrt((share * (1 - share)) / count + z ** 2 / (4 * count ** 2));
  const scale = 1 + z ** 2 / count;
  return { mean: share, low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) };
}

/** Uniform numbers in (0, 1): Park and Miller's minimal standard generator with the multiplier 48271. */
function minimalStandard(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
