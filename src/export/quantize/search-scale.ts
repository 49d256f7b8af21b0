import { roundToHalf } from './half.ts';

/**
 * Scales that are tried, as multiples of the one that makes the lowest integer of the extreme weight: 56/80 to 87/80.
 * Below it the largest weights are cut, and all others get a finer step. A wider range, or more steps, or scales of the
 * other sign gain less than 0.5 % of the error for weights of normal distribution.
 */
const CANDIDATES = 32;
const FIRST = 56;
const WHOLE = 80;

/**
 * By how much an error must be the smaller one. More than all roundings together, so that the search never makes an
 * error larger: 2^-18 for sums of 128 squares, 2^-14 where a quotient near 128 falls on the wrong side of a half.
 */
const CLEARLY_LESS = 1 - 2 ** -13;

/** 1.5 · 2^23: adding it to a small f32, and taking it away again, rounds to an integer, ties to even. */
const ROUNDER = 12_582_912;

/**
 * The scale of least squared error, among {@link CANDIDATES} around that of the extreme weight; that one, when no other
 * is clearly better. Errors are f32, summed in four lanes as a SIMD register has them.
 * @param block f32 weights
 * @param exact scale of the extreme weight before it was rounded to f16
 * @param extremeScale and after
 */
export function searchScale(block: Float32Array, bits: 4 | 8, exact: number, extremeScale: number): number {
  let best = extremeScale;
  if (best === 0) return best;
  let least = Math.fround(squaredError(block, bits, best) * CLEARLY_LESS);
  for (let candidate = FIRST; candidate < FIRST + CANDIDATES; candidate++) {
    const scale = roundToHalf(Math.fround(Math.fround(exact) * Math.fround(candidate / WHOLE)));
    const error = squaredError(block, bits, scale);
    if (!(error < least)) continue;
    best = scale;
    least = error;
  }
  return best;
}

function squaredError(block: Float32Array, bits: 4 | 8, scale: number): number {
  const lowest = -(2 ** (bits - 1));
  const inverse = Math.fround(1 / scale);
  const lanes = new Float32Array(4);
  for (let i = 0; i < block.length; i++) {
    const weight = block[i]!;
    const rounded = Math.fround(Math.fround(Math.fround(weight * inverse) + ROUNDER) - ROUNDER);
    const integer = Math.min(Math.max(rounded, lowest), -lowest - 1);
    const error = Math.fround(weight - Math.fround(integer * scale));
    lanes[i % 4]! += Math.fround(error * error);
  }
  const [a, b, c, d] = lanes as unknown as [number, number, number, number];
  return Math.fround(Math.fround(a + b) + Math.fround(c + d));
}
