/** Normally distributed bf16 numbers at the speed of a copy: tensors are windows into one pool. */

/** The mean and the standard deviation of a tensor's elements. */
export interface Distribution {
  readonly mean: number;
  readonly deviation: number;
}

/**
 * The largest prime below 2^21. Since it is prime, no two rows of a matrix start at the same place of the pool, however
 * often the matrix goes round it.
 */
export const POOL_SIZE = 2_097_143;

/** Scaled copies of the pool that are kept, 4 MB each: a layer of a model needs about ten. */
const KEPT_POOLS = 24;

export const BF16_BYTES = 2;

let standardNormal: Float32Array | undefined;
const scaledPools = new Map<string, Uint8Array>();

/**
 * Fills `bytes` with elements from `start` on of the endless repetition of the pool, scaled and rounded to bf16,
 * little-endian.
 */
export function fillNormal(bytes: Uint8Array, distribution: Distribution, start: number): void {
  const pool = scaledPool(distribution);
  let from = (start % POOL_SIZE) * BF16_BYTES;
  for (let done = 0; done < bytes.length; from = 0) {
    const part = pool.subarray(from, from + bytes.length - done);
    bytes.set(part, done);
    done += part.length;
  }
}

function scaledPool({ mean, deviation }: Distribution): Uint8Array {
  const key = `${mean} ${deviation}`;
  const pool = scaledPools.get(key) ?? scalePool(mean, deviation);
  // A Map keeps the order of insertion: the pool that was used longest ago is first.
  scaledPools.delete(key);
  scaledPools.set(key, pool);
  const [oldest] = scaledPools.keys();
  if (scaledPools.size > KEPT_POOLS) scaledPools.delete(oldest!);
  return pool;
}

function scalePool(mean: number, deviation: number): Uint8Array {
  standardNormal ??= makeStandardNormal();
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  const halves = new Uint16Array(POOL_SIZE);
  for (let i = 0; i < POOL_SIZE; i++) {
    value[0] = mean + deviation * standardNormal[i]!;
    // Round to nearest, ties to even: https://en.wikipedia.org/wiki/Bfloat16_floating-point_format
    halves[i] = (bits[0]! + 0x7fff + ((bits[0]! >>> 16) & 1)) >>> 16;
  }
  return new Uint8Array(halves.buffer);
}

/** https://en.wikipedia.org/wiki/Box–Muller_transform */
function makeStandardNormal(): Float32Array {
  const random = uniformNumbers(1);
  const values = new Float32Array(POOL_SIZE + 1);
  for (let i = 0; i < POOL_SIZE; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(random()));
    const angle = 2 * Math.PI * random();
    values[i] = radius * Math.cos(angle);
    values[i + 1] = radius * Math.sin(angle);
  }
  return values.subarray(0, POOL_SIZE);
}

/** Numbers in (0, 1], 32 bits each: the generator mulberry32. */
function uniformNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 2 ** 32;
  };
}
