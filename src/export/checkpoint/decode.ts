/** What a stored dtype is to the decoder, and how its bytes become f32. Bytes are little-endian, as the machine is. */

import type { WeightDtype } from './model-config.ts';

/** By the names that safetensors uses. */
export const WEIGHT_DTYPES: ReadonlyMap<string, WeightDtype> = new Map([
  ['BF16', 'bf16'],
  ['F16', 'f16'],
  ['F32', 'f32'],
]);

export const WEIGHT_BYTES: Readonly<Record<WeightDtype, number>> = { bf16: 2, f16: 2, f32: 4 };

/** @param bytes little-endian elements; starts at the beginning of its buffer */
export function decodeWeights(bytes: Uint8Array, dtype: WeightDtype): Float32Array {
  switch (dtype) {
    case 'f32':
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    case 'bf16':
      return decodeBf16(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
    case 'f16':
      return decodeF16(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
  }
}

/** A bf16 is the upper half of an f32. */
function decodeBf16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

let f16Values: Float32Array | undefined;

function decodeF16(halves: Uint16Array): Float32Array {
  f16Values ??= Float32Array.from({ length: 65_536 }, (_, bits) => f16Value(bits));
  const values = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) values[i] = f16Values[halves[i]!]!;
  return values;
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}
