import type { StoredRows } from '../checkpoint/weight-source.ts';
import type { Encoding } from '../decoder/plan.ts';
import type { RowsChange } from '../lora/rows-change.ts';
import type { ErrorSums, SurvivalSums } from '../written-weight.ts';

/** Rows of some weights, to be merged with what an adapter changes of them and brought into the form of an export. */
export interface EncodeTask {
  readonly encoding: Encoding;
  /** Of every source; 1 for a vector. */
  readonly columns: number;
  /** Equally many rows of each; they take turns in the output. For `transposed`, one source with all its rows. */
  readonly sources: readonly SourceRows[];
  /** Room for the result: the bytes for each tensor of the encoding, packed values and scales for blocks, else one. */
  readonly parts: readonly Uint8Array[];
}

export interface SourceRows {
  readonly stored: StoredRows;
  readonly change?: RowsChange | undefined;
}

/** What became of a source. */
export interface RowSums {
  readonly error: ErrorSums;
  /** Of a source that changes. */
  readonly survival?: Omit<SurvivalSums, 'weights'> | undefined;
}
