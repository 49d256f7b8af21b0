import type { PlannedWeight } from './decoder/plan.ts';

/**
 * Weights that are encoded at a time: 4 MB as bf16. Enough that a thread is busy for some milliseconds, little enough
 * that many threads need no more than some hundred megabytes. Sums end with a chunk, so their last bits depend on it.
 */
const CHUNK_WEIGHTS = 2 ** 21;

/** Rows [from, to) of weights whose rows take turns. */
export interface Chunk {
  readonly weight: PlannedWeight;
  readonly names: readonly string[];
  /** Place of the first of the names among all of the weight's sources. */
  readonly firstSource: number;
  readonly from: number;
  readonly to: number;
}

/** A weight cut into pieces, in the order in which they are stored. */
export function chunksOf(weight: PlannedWeight): Chunk[] {
  const [rows, columns = 1] = weight.sourceShape as [number, number?];
  let firstSource = 0;
  return weight.sources.flatMap((names) => {
    const first = firstSource;
    firstSource += names.length;
    const most = Math.max(1, Math.floor(CHUNK_WEIGHTS / (columns * names.length)));
    // Only a whole matrix can be transposed; routers are small.
    const chunkRows = weight.encoding.form === 'transposed' ? rows : most;
    return Array.from({ length: Math.ceil(rows / chunkRows) }, (_, i) => ({
      weight,
      names,
      firstSource: first,
      from: i * chunkRows,
      to: Math.min((i + 1) * chunkRows, rows),
    }));
  });
}
