import type { StridedMatrix } from './rows-change.ts';

/** A matrix with its rows one after the other. */
export function denseMatrix(matrix: StridedMatrix, rows: number, columns: number): Float32Array {
  const { values, offset, rowStride, columnStride } = matrix;
  const dense = new Float32Array(rows * columns);
  for (let row = 0, i = 0; row < rows; row++) {
    const start = offset + row * rowStride;
    for (let column = 0; column < columns; column++, i++) dense[i] = values[start + column * columnStride]!;
  }
  return dense;
}

/**
 * Adds scale * B A to `weights`, in place. Sums are f64 and each weight is rounded to f32 once.
 * Four ranks at a time, so that each sum is loaded and stored a quarter as often: twice as fast as one at a time.
 * @param weights (rows, columns)
 * @param b (rows, rank)
 * @param a (rank, columns)
 */
export function addLowRank(weights: Float32Array, b: Float32Array, a: Float32Array, rank: number, scale: number): void {
  const columns = a.length / rank;
  const rows = b.length / rank;
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    let k = 0;
    for (let at = row * rank; k + 4 <= rank; k += 4, at += 4) {
      const [b0, b1, b2, b3] = [b[at]!, b[at + 1]!, b[at + 2]!, b[at + 3]!];
      const [a0, a1, a2, a3] = [k * columns, (k + 1) * columns, (k + 2) * columns, (k + 3) * columns];
      for (let i = 0; i < columns; i++) {
        sums[i]! += b0 * a[a0 + i]! + b1 * a[a1 + i]! + b2 * a[a2 + i]! + b3 * a[a3 + i]!;
      }
    }
    for (; k < rank; k++) {
      const factor = b[row * rank + k]!;
      for (let i = 0; i < columns; i++) sums[i]! += factor * a[k * columns + i]!;
    }
    for (let i = 0; i < columns; i++) weights[row * columns + i]! += scale * sums[i]!;
  }
}

/**
 * DoRA: gives each row the length that was trained for it, in place.
 * https://arxiv.org/abs/2402.09353, equation 5, with the norm over each output's row as PEFT takes it
 * @param weights (rows, columns)
 * @param magnitude (rows)
 */
export function scaleRows(weights: Float32Array, magnitude: Float32Array): void {
  const columns = weights.length / magnitude.length;
  for (let row = 0; row < magnitude.length; row++) {
    const start = row * columns;
    let squares = 0;
    for (let i = start; i < start + columns; i++) squares += weights[i]! ** 2;
    const factor = magnitude[row]! / Math.sqrt(squares);
    for (let i = start; i < start + columns; i++) weights[i]! *= factor;
  }
}
