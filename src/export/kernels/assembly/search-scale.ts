import { floatsToHalves, halvesToFloats } from './half';

// The rule and its constants are those of quantize/search-scale.ts, bit for bit.
const CANDIDATES: i32 = 32;
const FIRST: i32 = 56;
const WHOLE: f32 = 80;
const CLEARLY_LESS: f32 = 1 - 1 / 8_192;
const ROUNDER: f32 = 12_582_912;

/**
 * The scale of least squared error among several; that of the extreme weight, when no other is clearly better.
 * @param block f32, of so many bytes
 * @param exact scale of the extreme weight before it was rounded to f16
 * @param extremeScale and after
 */
export function searchScale(block: usize, bytes: usize, bits: i32, exact: f32, extremeScale: f32): f32 {
  if (extremeScale == 0) return extremeScale;
  let best = extremeScale;
  let least = f32x4.extract_lane(fourErrors(block, bytes, bits, f32x4.splat(best)), 0) * CLEARLY_LESS;
  for (let candidate = FIRST; candidate < FIRST + CANDIDATES; candidate += 4) {
    const numbers = i32x4.add(i32x4.splat(candidate), i32x4(0, 1, 2, 3));
    const factors = f32x4.div(f32x4.convert_i32x4_s(numbers), f32x4.splat(WHOLE));
    const scales = halvesToFloats(floatsToHalves(f32x4.mul(f32x4.splat(exact), factors)));
    const errors = fourErrors(block, bytes, bits, scales);
    for (let lane: u32 = 0; lane < 4; lane++) {
      const error = laneOf(errors, lane);
      if (!(error < least)) continue;
      best = laneOf(scales, lane);
      least = error;
    }
  }
  return best;
}

/** Squared errors of a block with each of four scales. */
function fourErrors(block: usize, bytes: usize, bits: i32, scales: v128): v128 {
  const lowest = f32x4.splat(<f32>-(1 << (bits - 1)));
  const highest = f32x4.splat(<f32>((1 << (bits - 1)) - 1));
  const inverses = f32x4.div(f32x4.splat(1), scales);
  const scale0 = f32x4.shuffle(scales, scales, 0, 0, 0, 0);
  const scale1 = f32x4.shuffle(scales, scales, 1, 1, 1, 1);
  const scale2 = f32x4.shuffle(scales, scales, 2, 2, 2, 2);
  const scale3 = f32x4.shuffle(scales, scales, 3, 3, 3, 3);
  const inverse0 = f32x4.shuffle(inverses, inverses, 0, 0, 0, 0);
  const inverse1 = f32x4.shuffle(inverses, inverses, 1, 1, 1, 1);
  const inverse2 = f32x4.shuffle(inverses, inverses, 2, 2, 2, 2);
  const inverse3 = f32x4.shuffle(inverses, inverses, 3, 3, 3, 3);
  let sums0 = f32x4.splat(0);
  let sums1 = f32x4.splat(0);
  let sums2 = f32x4.splat(0);
  let sums3 = f32x4.splat(0);
  for (const end = block + bytes; block < end; block += 16) {
    const weights = v128.load(block);
    sums0 = f32x4.add(sums0, squaredErrors(weights, scale0, inverse0, lowest, highest));
    sums1 = f32x4.add(sums1, squaredErrors(weights, scale1, inverse1, lowest, highest));
    sums2 = f32x4.add(sums2, squaredErrors(weights, scale2, inverse2, lowest, highest));
    sums3 = f32x4.add(sums3, squaredErrors(weights, scale3, inverse3, lowest, highest));
  }
  // Lanes of each in pairs, then the pairs: (0 + 1) + (2 + 3).
  const pairs01 = f32x4.add(f32x4.shuffle(sums0, sums1, 0, 2, 4, 6), f32x4.shuffle(sums0, sums1, 1, 3, 5, 7));
  const pairs23 = f32x4.add(f32x4.shuffle(sums2, sums3, 0, 2, 4, 6), f32x4.shuffle(sums2, sums3, 1, 3, 5, 7));
  return f32x4.add(f32x4.shuffle(pairs01, pairs23, 0, 2, 4, 6), f32x4.shuffle(pairs01, pairs23, 1, 3, 5, 7));
}

@inline
function laneOf(values: v128, lane: u32): f32 {
  if (lane == 0) return f32x4.extract_lane(values, 0);
  if (lane == 1) return f32x4.extract_lane(values, 1);
  return lane == 2 ? f32x4.extract_lane(values, 2) : f32x4.extract_lane(values, 3);
}

@inline
function squaredErrors(weights: v128, scale: v128, inverse: v128, lowest: v128, highest: v128): v128 {
  const rounder = f32x4.splat(ROUNDER);
  const rounded = f32x4.sub(f32x4.add(f32x4.mul(weights, inverse), rounder), rounder);
  const integers = f32x4.pmin(f32x4.pmax(rounded, lowest), highest);
  const error = f32x4.sub(weights, f32x4.mul(integers, scale));
  return f32x4.mul(error, error);
}
