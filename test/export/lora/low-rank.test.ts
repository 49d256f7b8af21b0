import { describe, expect, it } from 'vitest';
import { addLowRank, denseMatrix, scaleRows } from '../../../src/export/lora/low-rank.ts';
import { wave } from './tiny-adapter.ts';

/** (B A)[row, column] by its definition, in f64. */
function product(b: Float32Array, a: Float32Array, rank: number, row: number, column: number): number {
  const columns = a.length / rank;
  let sum = 0;
  for (let k = 0; k < rank; k++) sum += b[row * rank + k]! * a[k * columns + column]!;
  return sum;
}

describe('the low-rank change', () => {
  it.each([1, 2, 3, 4, 5, 7, 8, 16, 19])('of rank %i equals its definition', (rank) => {
    const [rows, columns, scale] = [5, 9, 1.7];
    const [b, a] = [wave(rows * rank, 3), wave(rank * columns, 4)];
    const base = wave(rows * columns, 5);
    const weights = base.slice();
    addLowRank(weights, b, a, rank, scale);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const i = row * columns + column;
        // Both sums are f64 in another order; the result is rounded to f32, so at most one unit in the last place lies between.
        const expected = base[i]! + scale * product(b, a, rank, row, column);
        expect(Math.abs(weights[i]! - expected)).toBeLessThanOrEqual(2 ** -23 * Math.abs(expected) + 1e-14);
      }
    }
  });
});

describe('a factor inside a stored tensor', () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i);

  it('is a run of rows', () => {
    const factor = { values, offset: 12, rowStride: 4, columnStride: 1 };
    expect([...denseMatrix(factor, 2, 4)]).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('is every third column', () => {
    const factor = { values, offset: 1, rowStride: 6, columnStride: 3 };
    expect([...denseMatrix(factor, 3, 2)]).toEqual([1, 4, 7, 10, 13, 16]);
  });

  it('is transposed', () => {
    const factor = { values, offset: 2, rowStride: 1, columnStride: 8 };
    expect([...denseMatrix(factor, 2, 3)]).toEqual([2, 10, 18, 3, 11, 19]);
  });
});

it('DoRA gives every row its length', () => {
  const weights = Float32Array.of(3, 4, -6, 8);
  scaleRows(weights, Float32Array.of(10, -5));
  expect([...weights]).toEqual([6, 8, 3, -4]);
});
