import { describe, expect, it } from 'vitest';
import { errorSums, QuantizationErrors } from '../../../src/export/quantize/quantization-errors.ts';

describe('QuantizationErrors', () => {
  it('relates the norm of the error to the norm of the weight', () => {
    const errors = new QuantizationErrors();
    errors.add('experts', 4, 'a', errorSums(Float32Array.of(3, 4), Float32Array.of(3.5, 4)));
    errors.add('experts', 4, 'b', errorSums(Float32Array.of(2), Float32Array.of(1)));
    errors.add('norm', 32, 'c', errorSums(Float32Array.of(0), Float32Array.of(0)));
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
  ])('has sums that are not finite for a value that cannot be stored: %d as %d', (original, stored) => {
    const { errorSquares, squares } = errorSums(Float32Array.of(1, original), Float32Array.of(1, stored));
    expect(Number.isFinite(errorSquares) && Number.isFinite(squares)).toBe(false);
  });
});
