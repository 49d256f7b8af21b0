import { f16round } from '@petamoriken/float16';

/** The f16 nearest to a number, ties to even; infinite beyond ±65504. */
export const roundToHalf: (value: number) => number = f16round;

/** Bit patterns of f32 values as f16, each rounded as {@link roundToHalf}. Fast: a head has 300 million values. */
export function toHalf(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) halves[i] = halfBits(bits[i]!);
  return halves;
}

/**
 * IEEE 754 binary32 (8 bits of exponent, bias 127; 23 of fraction) to binary16 (5, bias 15; 10). The rounded fraction
 * may carry into the exponent: that is the next power of two, or infinity.
 */
function halfBits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7fffff;
  if (exponent === 0xff) return sign | (fraction === 0 ? 0x7c00 : 0x7e00);
  if (exponent > 142) return sign | 0x7c00;
  if (exponent > 112) return sign | roundedShift(((exponent - 112) << 23) | fraction, 13);
  // Below 2^-14 f16 has no leading one; below 2^-25 nothing is left.
  return exponent < 102 ? sign : sign | roundedShift(fraction | 0x800000, 126 - exponent);
}

/** value / 2^shift, rounded to nearest, ties to even. */
function roundedShift(value: number, shift: number): number {
  const quotient = value >>> shift;
  const rest = value & ((1 << shift) - 1);
  const half = 1 << (shift - 1);
  return rest > half || (rest === half && quotient % 2 === 1) ? quotient + 1 : quotient;
}
