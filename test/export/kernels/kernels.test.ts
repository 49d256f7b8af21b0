import { describe, expect, it } from 'vitest';
import { decodeWeights } from '../../../src/export/checkpoint/decode.ts';
import { Kernels } from '../../../src/export/kernels/kernels.ts';
import { addLowRank } from '../../../src/export/lora/low-rank.ts';
import { dequantizeBlocks, quantizeBlocks } from '../../../src/export/quantize/blocks.ts';
import { toHalf } from '../../../src/export/quantize/half.ts';
import { errorSums } from '../../../src/export/quantize/quantization-errors.ts';
import { survivalSums } from '../../../src/export/quantize/survival.ts';
import { randomValues } from '../random.ts';

const kernels = new Kernels();

function put(values: Float32Array | Float64Array | Uint16Array): number {
  const at = kernels.take(values.byteLength);
  kernels.bytes(at, values.byteLength).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return at;
}

/** Where two arrays of f32 differ in their bits first (-0 is not 0, but every NaN is alike); -1 when nowhere. */
function firstDifference(got: Float32Array, expected: Float32Array): number {
  if (got.length !== expected.length) return Math.min(got.length, expected.length);
  return got.findIndex((value, i) => !Object.is(value, expected[i]));
}

const floatsAt = (at: number, length: number): Float32Array => kernels.floats(at, length).slice();

/** Every bit pattern of 16 bits, and an odd number of them. */
const halves = Uint16Array.from({ length: 65_536 + 3 }, (_, i) => i % 65_536);

describe('decoding', () => {
  it.each(['bf16', 'f16'] as const)('%s gives the value of every bit pattern', (dtype) => {
    kernels.release();
    const target = kernels.take(4 * halves.length);
    const decode = dtype === 'bf16' ? kernels.run.decodeBf16 : kernels.run.decodeF16;
    decode(put(halves), target, halves.length);
    const expected = decodeWeights(new Uint8Array(halves.slice().buffer), dtype);
    expect(firstDifference(floatsAt(target, halves.length), expected)).toBe(-1);
  });
});

/** Every f16, half way to the next one, and the f32 beside all these: where rounding turns. */
function valuesAroundHalves(): Float32Array {
  const exact = decodeWeights(new Uint8Array(halves.slice().buffer), 'f16');
  const turns = Float32Array.from({ length: 2 * exact.length }, (_, i) => {
    const value = exact[i >> 1]!;
    return i % 2 === 0 ? value : (value + exact[((i >> 1) + 1) % exact.length]!) / 2;
  });
  return Float32Array.from({ length: 3 * turns.length }, (_, i) => neighbour(turns[Math.floor(i / 3)]!, (i % 3) - 1));
}

describe('f16', () => {
  it.each([
    ['around every f16', valuesAroundHalves()],
    ['at every magnitude', randomValues(20_001, 5).map((value, i) => value * 2 ** ((i % 300) - 150))],
    ['that are not usual', Float32Array.of(0, -0, NaN, Infinity, -Infinity, 65_519.99, 65_520, 3.4e38, 1e-45, -1e-45)],
  ])('is rounded as the reference does it: values %s', (_, values) => {
    kernels.release();
    const [weights, target, stored] = [put(values), kernels.take(2 * values.length), kernels.take(4 * values.length)];
    kernels.run.encodeF16(weights, target, stored, values.length);
    const encoded = kernels.bytes(target, 2 * values.length).slice();
    const expected = toHalf(values);
    expect(firstDifference(Float32Array.from(new Uint16Array(encoded.buffer)), Float32Array.from(expected))).toBe(-1);
    expect(
      firstDifference(floatsAt(stored, values.length), decodeWeights(new Uint8Array(expected.buffer), 'f16')),
    ).toBe(-1);
  });
});

/** Blocks in which the quantisation rule has something to decide. */
function adversarialBlocks(blockSize: number, integerBits: 4 | 8): Float32Array {
  const lowest = 2 ** (integerBits - 1);
  const block = (first: number[], fill: (i: number) => number): number[] =>
    Array.from({ length: blockSize }, (_, i) => first[i] ?? fill(i));
  const blocks: number[][] = [
    block([], () => 0),
    block([-0], () => -0),
    // Two extremes: the first one counts.
    block([1, -2, 2], (i) => i / blockSize),
    block([1, 2, -2], (i) => -i / blockSize),
    block([NaN, 1], (i) => i / 64),
    block([3, NaN, -NaN], (i) => i / 64),
    block([], () => NaN),
    block([Infinity, -1], (i) => i / 64),
    block([-Infinity, Infinity, NaN], (i) => i / 64),
    block([3.4e38, -3.4e38], (i) => i * 1e37),
    block([], (i) => (i - 30) * 1e-45),
    block([1e-40], () => -3e-41),
  ];
  // Halves between two integers, and the f32 beside them, for scales of every magnitude and with odd last bits.
  for (let exponent = -26; exponent < 18; exponent++) {
    for (const mantissa of [1, 1 + 2 ** -10, 1 + 513 / 1024, 2 - 2 ** -10]) {
      for (const sign of [1, -1]) {
        const scale = sign * mantissa * 2 ** exponent;
        for (const step of [0, 1, -1]) {
          blocks.push(block([-lowest * scale], (i) => neighbour(((i % (2 * lowest)) - lowest + 0.5) * scale, step)));
        }
        // A scale that is not an f16: the extreme is not quite the lowest integer.
        blocks.push(block([-lowest * scale * (1 + 2 ** -12)], (i) => ((i % (2 * lowest)) - lowest + 0.5) * scale));
      }
    }
  }
  return Float32Array.from(blocks.flat());
}

/** The f32 `step` places beside a value. */
function neighbour(value: number, step: number): number {
  const one = Float32Array.of(value);
  const pattern = new Uint32Array(one.buffer);
  pattern[0]! += step;
  return one[0]!;
}

describe.each([
  [4, false],
  [8, false],
  [4, true],
  [8, true],
] as const)('quantising to %i bits (search: %s)', (integerBits, search) => {
  it.each([32, 64, 128])('in blocks of %i is what the reference does, bit for bit', (blockSize) => {
    const random = randomValues(blockSize * 2_000, 3 + blockSize);
    const scaled = random.map((value, i) => value * 2 ** ((Math.floor(i / blockSize) % 60) - 40));
    for (const weights of [adversarialBlocks(blockSize, integerBits), random, scaled]) {
      const blocks = weights.length / blockSize;
      kernels.release();
      const at = put(weights);
      const packed = kernels.take((weights.length * integerBits) / 8);
      const scales = kernels.take(4 * blocks);
      const stored = kernels.take(4 * weights.length);
      kernels.run.quantizeBlocks(at, packed, scales, stored, blocks, blockSize, integerBits, search);
      const expected = quantizeBlocks(weights, integerBits, blockSize, search);
      expect(firstDifference(floatsAt(scales, blocks), expected.scales)).toBe(-1);
      expect(Buffer.compare(kernels.bytes(packed, expected.packed.length), expected.packed)).toBe(0);
      const expectedStored = dequantizeBlocks(expected, integerBits, blockSize);
      expect(firstDifference(floatsAt(stored, weights.length), expectedStored)).toBe(-1);
    }
  });
});

describe('sums', () => {
  const lengths = [0, 1, 2, 3, 4, 5, 1_023];
  const random = (length: number, seed: number): Float32Array => randomValues(length, seed).map((value) => value ** 3);

  it.each(lengths)('of errors over %i weights go on from what is there, in order', (length) => {
    const [original, stored] = [random(length, 1), random(length, 2)];
    kernels.release();
    const sums = put(Float64Array.of(0, 0));
    const [a, b] = [put(original), put(stored)];
    const half = Math.floor(length / 2);
    kernels.run.addErrors(a, b, half, sums);
    kernels.run.addErrors(a + 4 * half, b + 4 * half, length - half, sums);
    const { errorSquares, squares } = errorSums(original, stored);
    expect([...kernels.doubles(sums, 2)]).toEqual([errorSquares, squares]);
  });

  it.each(lengths)('of what survives, over %i weights', (length) => {
    const [base, merged, storedBase, storedMerged] = [1, 2, 3, 4].map((seed) => random(length, seed)) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    kernels.release();
    const sums = put(Float64Array.of(0, 0, 0));
    const [a, b, c, d] = [put(base), put(merged), put(storedBase), put(storedMerged)];
    kernels.run.addSurvival(a, b, c, d, length, sums);
    const { made, stored, product } = survivalSums({ base, merged, storedBase, storedMerged });
    expect([...kernels.doubles(sums, 3)]).toEqual([made, stored, product]);
  });
});

describe('a low-rank change', () => {
  it.each([1, 2, 3, 4, 5, 8, 13, 16, 64])('of rank %i is what the reference makes it, bit for bit', (rank) => {
    const [rows, columns, scale] = [5, 136, 1.7];
    const weights = randomValues(rows * columns, 1);
    const b = randomValues(rows * rank, 2);
    const a = randomValues(rank * columns, 3);
    const tiles = Float64Array.from(a, (_, i) => {
      const [tile, k, column] = [Math.floor(i / (4 * rank)), Math.floor(i / 4) % rank, i % 4];
      return a[k * columns + 4 * tile + column]!;
    });
    kernels.release();
    const at = put(weights);
    kernels.run.addLowRank(at, put(Float64Array.from(b)), put(tiles), rows, columns, rank, scale);
    addLowRank(weights, b, a, rank, scale);
    expect(firstDifference(floatsAt(at, weights.length), weights)).toBe(-1);
  });
});
