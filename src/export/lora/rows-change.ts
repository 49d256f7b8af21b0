import { addLowRank, denseMatrix, scaleRows } from './low-rank.ts';

/** What an adapter does to some rows of a weight: plain data, ready for any thread. */
export type RowsChange = LowRankRows | ReplacedRows;

/** W + scale * B A; with DoRA, each row then gets the length that `magnitude` says. */
export interface LowRankRows {
  readonly type: 'low-rank';
  readonly rank: number;
  readonly scale: number;
  readonly rows: number;
  readonly columns: number;
  /** (rows, rank) */
  readonly b: StridedMatrix;
  /** (rank, columns) */
  readonly a: StridedMatrix;
  /** (rows) */
  readonly magnitude: Float32Array | undefined;
}

/** A matrix inside other values: its element (i, j) is `values[offset + i * rowStride + j * columnStride]`. */
export interface StridedMatrix {
  readonly values: Float32Array;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

interface ReplacedRows {
  readonly type: 'replacement';
  /** (rows, columns) */
  readonly values: Float32Array;
}

/** The rows with the change made, rounded to f32 once (with DoRA once more); `base` stays as it is. */
export function changeRows(base: Float32Array, change: RowsChange): Float32Array {
  if (change.type === 'replacement') return change.values;
  const { rank, scale, rows, columns, magnitude } = change;
  const merged = base.slice();
  addLowRank(merged, denseMatrix(change.b, rows, rank), denseMatrix(change.a, rank, columns), rank, scale);
  if (magnitude !== undefined) scaleRows(merged, magnitude);
  return merged;
}
