import { describe, expect, it } from 'vitest';
import { QuantizationErrors } from '../../../src/export/quantize/quantization-errors.ts';

describe('QuantizationErrors', () => {
  it('relates the norm of the error to the norm of the weight, chunk by chunk', () => {
    const errors = new QuantizationErrors();
    errors.add('experts', 4, 'a', Float32Array.of(3), Float32Array.of(3.5));
    errors.add('experts', 4, 'a', Float32Array.of(4), Float32Array.of(4));
    errors.add('experts', 4, 'b', Float32Array.of(2), Float32Array.of(1));
    errors.add('norm', 32, 'c', Float32Array.of(0), Float32Array.of(0));
    expect(errors.summary()).toEqual([
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
    const errors = new QuantizationErrors();
    expect(errors.add('head', 16, 'w', Float32Array.of(1, original), Float32Array.of(1, stored))).toBe(false);
  });
});
