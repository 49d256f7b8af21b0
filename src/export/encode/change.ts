import type { Address, Kernels } from '../kernels/kernels.ts';
import { scaleRows } from '../lora/low-rank.ts';
import type { RowsChange, StridedMatrix } from '../lora/rows-change.ts';

/** Columns that the low-rank kernel takes together. */
const TILE_COLUMNS = 4;

/** A change whose factors lie in the kernels' memory. */
export interface PreparedChange {
  readonly change: RowsChange;
  readonly columns: number;
  /** f64 (rows, rank) */
  readonly b: Address;
  /** f64 (columns / 4, rank, 4) */
  readonly a: Address;
}

/** @param columns a multiple of 4 for a low-rank change */
export function prepareChange(kernels: Kernels, change: RowsChange, columns: number): PreparedChange {
  if (change.type === 'replacement') return { change, columns, b: 0, a: 0 };
  const b = kernels.take(8 * change.rows * change.rank);
  const a = kernels.take(8 * change.rank * columns);
  gather(change.b, kernels.doubles(b, change.rows * change.rank), change.rank);
  gatherTiles(change.a, kernels.doubles(a, change.rank * columns), change.rank);
  return { change, columns, b, a };
}

/** (rows, columns) */
function gather(
  { values, offset, rowStride, columnStride }: StridedMatrix,
  target: Float64Array,
  columns: number,
): void {
  for (let i = 0, start = offset; i < target.length; start += rowStride) {
    for (let column = 0; column < columns; column++, i++) target[i] = values[start + column * columnStride]!;
  }
}

/** (rank, columns) as (columns / 4, rank, 4) */
function gatherTiles(
  { values, offset, rowStride, columnStride }: StridedMatrix,
  target: Float64Array,
  rank: number,
): void {
  for (let i = 0, first = offset; i < target.length; first += TILE_COLUMNS * columnStride) {
    for (let k = 0; k < rank; k++) {
      const start = first + k * rowStride;
      for (let column = 0; column < TILE_COLUMNS; column++, i++) target[i] = values[start + column * columnStride]!;
    }
  }
}

/** Changes rows [from, to), which stand at `weights`. */
export function changeInPlace(
  kernels: Kernels,
  { change, columns, b, a }: PreparedChange,
  weights: Address,
  from: number,
  to: number,
): void {
  const rows = kernels.floats(weights, (to - from) * columns);
  if (change.type === 'replacement') {
    rows.set(change.values.subarray(from * columns, to * columns));
    return;
  }
  const { rank, scale, magnitude } = change;
  kernels.run.addLowRank(weights, b + 8 * rank * from, a, to - from, columns, rank, scale);
  if (magnitude !== undefined) scaleRows(rows, magnitude.subarray(from, to));
}
