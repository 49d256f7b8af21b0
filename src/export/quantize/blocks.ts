import { roundToHalf } from './half.ts';
import { searchScale } from './search-scale.ts';

/** Rows of a matrix as small integers that share a scale by blocks of a row. */
export interface QuantizedRows {
  /** u8 [rows, columns · bits / 8]: for 4 bits the even column is the low half of a byte */
  readonly packed: Uint8Array<ArrayBuffer>;
  /** f32 [rows, columns / blockSize]; every value is an f16 */
  readonly scales: Float32Array<ArrayBuffer>;
}

/**
 * Quantises blocks of `blockSize` successive weights of a row. The weight of largest magnitude in a block becomes the
 * lowest integer, −2^(bits−1), whatever its sign: one step more than a scale that has to reach it from both sides.
 *
 *   scale = f16(w[argmax |w|] / −2^(bits−1)),  q = clamp(round(w / scale)),  w ≈ q · scale
 *
 * Integers are stored plus 2^(bits−1), as MatMulNBits and QMoE of ONNX Runtime read them. A scale of 0 stands for a
 * block of zeros. ONNX Runtime's own blockwise quantiser (q4_dq.cpp of MLAS) has the same rule.
 *
 * The kernels of an export do the same, bit for bit.
 * @param weights f32 row-major; the length of a row is a multiple of `blockSize`, so rows need no telling apart
 * @param search see {@link searchScale}
 */
export function quantizeBlocks(weights: Float32Array, bits: 4 | 8, blockSize: number, search = false): QuantizedRows {
  const levels = 2 ** bits;
  const integers = new Uint8Array(weights.length);
  const scales = new Float32Array(weights.length / blockSize);
  for (let block = 0; block < scales.length; block++) {
    const start = block * blockSize;
    const exact = signedExtreme(weights, start, blockSize) / (-levels / 2);
    // Adding 0 makes a zero of a negative zero.
    const extremeScale = roundToHalf(exact) + 0;
    const scale = search
      ? searchScale(weights.subarray(start, start + blockSize), bits, exact, extremeScale)
      : extremeScale;
    scales[block] = scale;
    quantizeBlock(weights, integers, start, blockSize, scale, levels);
  }
  return { packed: bits === 4 ? packNibbles(integers) : integers, scales };
}

/** The weights that a kernel computes with: q · scale, exact in f32. */
export function dequantizeBlocks({ packed, scales }: QuantizedRows, bits: 4 | 8, blockSize: number): Float32Array {
  const integers = bits === 4 ? unpackNibbles(packed) : packed;
  const offset = 2 ** (bits - 1);
  const weights = new Float32Array(integers.length);
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block]!;
    const end = (block + 1) * blockSize;
    for (let i = block * blockSize; i < end; i++) weights[i] = (integers[i]! - offset) * scale;
  }
  return weights;
}

/** The weight of largest magnitude; the first of several. */
function signedExtreme(weights: Float32Array, start: number, length: number): number {
  let extreme = 0;
  let largest = 0;
  for (let i = start; i < start + length; i++) {
    const weight = weights[i]!;
    const magnitude = Math.abs(weight);
    if (magnitude > largest) {
      largest = magnitude;
      extreme = weight;
    }
  }
  return extreme;
}

function quantizeBlock(
  weights: Float32Array,
  integers: Uint8Array,
  start: number,
  length: number,
  scale: number,
  levels: number,
): void {
  const offset = levels / 2;
  const nearest = offset + 0.5;
  if (scale === 0) {
    integers.fill(offset, start, start + length);
    return;
  }
  for (let i = start; i < start + length; i++) {
    const integer = Math.floor(weights[i]! / scale + nearest);
    integers[i] = integer < 0 ? 0 : integer >= levels ? levels - 1 : integer;
  }
}

function packNibbles(integers: Uint8Array): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(integers.length / 2);
  for (let i = 0; i < packed.length; i++) {
    packed[i] = integers[2 * i]! | (integers[2 * i + 1]! << 4);
  }
  return packed;
}

function unpackNibbles(packed: Uint8Array): Uint8Array {
  const integers = new Uint8Array(packed.length * 2);
  for (let i = 0; i < packed.length; i++) {
    const pair = packed[i]!;
    integers[2 * i] = pair & 15;
    integers[2 * i + 1] = pair >>> 4;
  }
  return integers;
}
