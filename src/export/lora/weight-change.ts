/** What an adapter does to one weight, as places in the adapter's file. */
export type WeightChange = LowRankChange | Replacement;

/** W + scale * B A; with DoRA, each row then gets the length that `magnitude` says. */
export interface LowRankChange {
  readonly type: 'low-rank';
  readonly rank: number;
  readonly scale: number;
  /** (rows, rank) */
  readonly b: Factor;
  /** (rank, columns) */
  readonly a: Factor;
  /** The tensor (rows) of DoRA's row lengths. */
  readonly magnitude: string | undefined;
}

/** A matrix inside a stored tensor: its element (i, j) is element `offset + i * rowStride + j * columnStride`. */
export interface Factor {
  readonly tensor: string;
  readonly offset: number;
  readonly rowStride: number;
  readonly columnStride: number;
}

/** A weight that was trained as a whole: a run of elements of a stored tensor. */
interface Replacement {
  readonly type: 'replacement';
  readonly tensor: string;
  readonly firstElement: number;
}
