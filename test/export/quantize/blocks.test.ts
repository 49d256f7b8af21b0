import { describe, expect, it } from 'vitest';
import { dequantizeBlocks, quantizeBlocks } from '../../../src/export/quantize/blocks.ts';
import { roundToHalf } from '../../../src/export/quantize/half.ts';
import { randomValues } from '../random.ts';

/** A block of 32 whose first weights are given; the others are 0. */
const block = (...weights: number[]): Float32Array =>
  Float32Array.of(...weights, ...Array(32 - weights.length).fill(0));

describe('quantizeBlocks', () => {
  it('gives the weight of largest magnitude the lowest integer, whatever its sign', () => {
    // scale 2 / -8 = -0.25: 2 → -8, 1 → -4, -1.75 → 7, -2 → 8, cut to 7
    const { packed, scales } = quantizeBlocks(block(2, 1, -1.75, -2), 4, 32);
    expect(scales).toEqual(Float32Array.of(-0.25));
    expect(packed[0]).toBe(0 + 16 * 4);
    expect(packed[1]).toBe(15 + 16 * 15);
    expect(packed.slice(2)).toEqual(new Uint8Array(14).fill(8 + 16 * 8));

    const negative = quantizeBlocks(block(-2, 1), 4, 32);
    expect(negative.scales).toEqual(Float32Array.of(0.25));
    expect(negative.packed[0]).toBe(0 + 16 * 12);
  });

  it('stores the even column in the low half of a byte', () => {
    expect(quantizeBlocks(block(-8, 3), 4, 32).packed[0]).toBe(0 + 16 * 11);
    expect(quantizeBlocks(block(3, -8), 4, 32).packed[0]).toBe(11 + 16 * 0);
  });

  it('stores 8 bits a byte, with 128 for zero', () => {
    const { packed, scales } = quantizeBlocks(block(-2, 1, 0.5), 8, 32);
    expect(scales).toEqual(Float32Array.of(2 / 128));
    expect(packed.slice(0, 4)).toEqual(Uint8Array.of(0, 192, 160, 128));
  });

  it('takes a block of zeros for zeros', () => {
    const quantized = quantizeBlocks(block(0), 4, 32);
    expect(quantized.scales).toEqual(Float32Array.of(0));
    expect(dequantizeBlocks(quantized, 4, 32)).toEqual(block(0));
  });

  it('takes weights too small for an f16 scale for zeros', () => {
    expect(dequantizeBlocks(quantizeBlocks(block(1e-8, -3e-8), 4, 32), 4, 32)).toEqual(block(0));
  });

  it('gives each block a scale of its own', () => {
    const { scales } = quantizeBlocks(Float32Array.of(...block(-8), ...block(-16)), 4, 32);
    expect(scales).toEqual(Float32Array.of(1, 2));
  });

  it.each([
    [4, 32],
    [4, 64],
    [4, 128],
    [8, 64],
  ] as const)('is off by at most half a step of %i bits, block %i', (bits, blockSize) => {
    const weights = randomValues(64 * 128, 1);
    const quantized = quantizeBlocks(weights, bits, blockSize);
    const stored = dequantizeBlocks(quantized, bits, blockSize);
    weights.forEach((weight, i) => {
      const scale = quantized.scales[Math.floor(i / blockSize)]!;
      expect(scale).toBe(roundToHalf(scale));
      // The extreme of the other sign may lie up to a whole step beyond the highest integer.
      const isCut = stored[i]! / scale === 2 ** (bits - 1) - 1;
      expect(Math.abs(stored[i]! - weight)).toBeLessThanOrEqual(Math.abs(scale) * (isCut ? 1.01 : 0.5) + 1e-7);
    });
  });

  it('leaves what it has quantised as it is', () => {
    const stored = dequantizeBlocks(quantizeBlocks(randomValues(32 * 64, 2), 4, 64), 4, 64);
    expect(dequantizeBlocks(quantizeBlocks(stored, 4, 64), 4, 64)).toEqual(stored);
  });
});
