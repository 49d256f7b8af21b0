import { describe, expect, it } from 'vitest';
import { QuantizationLosses } from '../../../src/export/quantize/losses.ts';

describe('QuantizationLosses', () => {
  it('relates the norm of the error to the norm of the weight, chunk by chunk', () => {
    const losses = new QuantizationLosses();
    losses.add('experts', 4, 'a', Float32Array.of(3), Float32Array.of(3.5));
    losses.add('experts', 4, 'a', Float32Array.of(4), Float32Array.of(4));
    losses.add('experts', 4, 'b', Float32Array.of(2), Float32Array.of(1));
    losses.add('norm', 32, 'c', Float32Array.of(0), Float32Array.of(0));
    expect(losses.summary()).toEqual([
      { kind: 'experts', bits: 4, weights: 2, mean: (0.1 + 0.5) / 2, worst: { weight: 'b', error: 0.5 } },
      { kind: 'norm', bits: 32, weights: 1, mean: 0, worst: { weight: 'c', error: 0 } },
    ]);
  });

  it.each([
    [NaN, 0],
    [Infinity, Infinity],
    [1e6, Infinity],
    [NaN, NaN],
  ])('notices a value that cannot be stored: %d as %d', (original, stored) => {
    const losses = new QuantizationLosses();
    expect(losses.add('head', 16, 'w', Float32Array.of(1, original), Float32Array.of(1, stored))).toBe(false);
  });
});
