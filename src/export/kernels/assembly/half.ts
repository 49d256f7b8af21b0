/** IEEE 754 binary16 and binary32, four at a time. A half stands in the lower 16 bits of an i32 lane. */

const SIGN: u32 = 0x8000_0000;
const F32_INFINITY: u32 = 0x7f80_0000;
/** 2^-14, the smallest f16 with a leading one. */
const F16_NORMAL: u32 = 0x3880_0000;
/** 2^16: from here on every f32 is infinite as f16; those that round up to it get there by themselves. */
const F16_OVERFLOW: u32 = 0x4780_0000;

/** The halves nearest to four f32, ties to even; NaN is 0x7e00. */
@inline
export function floatsToHalves(values: v128): v128 {
  const sign = v128.and(values, i32x4.splat(SIGN));
  const magnitude = v128.xor(values, sign);
  // Half a unit of what is cut off, less one when the last bit kept is even; the exponent moves by 127 - 15.
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4.splat(0xc800_0fff)), odd), 13);
  // Below 2^-14 the unit is 2^-24, which is that of f32 at 0.5: the addition rounds.
  const small = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), f32x4.splat(0.5));
  const isNan = i32x4.gt_s(magnitude, i32x4.splat(F32_INFINITY));
  const large = v128.bitselect(i32x4.splat(0x7e00), i32x4.splat(0x7c00), isNan);
  const isSmall = i32x4.lt_s(magnitude, i32x4.splat(F16_NORMAL));
  const isLarge = i32x4.ge_s(magnitude, i32x4.splat(F16_OVERFLOW));
  const half = v128.bitselect(large, v128.bitselect(small, normal, isSmall), isLarge);
  return v128.or(half, i32x4.shr_u(sign, 16));
}

/** The f32 values of four halves. */
@inline
export function halvesToFloats(halves: v128): v128 {
  const magnitude = i32x4.shl(v128.and(halves, i32x4.splat(0x7fff)), 13);
  // As f32 the bits mean 2^(15 - 127) times the value, of halves without a leading one too.
  const value = f32x4.mul(magnitude, f32x4.splat(reinterpret<f32>((112 + 127) << 23)));
  const isLarge = i32x4.ge_s(magnitude, i32x4.splat(0x7c00 << 13));
  const exponent = v128.and(isLarge, i32x4.splat(F32_INFINITY));
  const sign = i32x4.shl(v128.and(halves, i32x4.splat(0x8000)), 16);
  return v128.or(v128.or(value, exponent), sign);
}

/** The f16 nearest to a value, as f32; a zero is positive. */
@inline
export function roundToHalf(value: f32): f32 {
  return f32x4.extract_lane(halvesToFloats(floatsToHalves(f32x4.splat(value))), 0) + 0;
}

/**
 * Stores f32 weights as f16.
 * @param halves the f16
 * @param stored their values as f32
 */
export function encodeF16(weights: usize, halves: usize, stored: usize, count: i32): void {
  const whole = count & ~7;
  for (let i = 0; i < whole; i += 8, weights += 32, halves += 16, stored += 32) {
    const low = floatsToHalves(v128.load(weights));
    const high = floatsToHalves(v128.load(weights, 16));
    v128.store(halves, i16x8.narrow_i32x4_u(low, high));
    v128.store(stored, halvesToFloats(low));
    v128.store(stored, halvesToFloats(high), 16);
  }
  for (let i = whole; i < count; i++, weights += 4, halves += 2, stored += 4) {
    const half = floatsToHalves(i32x4.splat(load<i32>(weights)));
    store<u16>(halves, <u16>i32x4.extract_lane(half, 0));
    store<f32>(stored, f32x4.extract_lane(halvesToFloats(half), 0));
  }
}
