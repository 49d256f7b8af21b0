import { inputError } from '../errors.ts';
import type { Chunk } from './chunks.ts';
import type { Encoding } from './decoder/plan.ts';
import type { RowSums } from './encode/task.ts';
import type { ExportSource } from './source.ts';

/** The largest f16. */
const MOST_HALF = 65_504;

/** @throws FtLensError (input) that names the value which made the sums infinite, or not a number */
export async function checkStored(chunk: Chunk, sums: readonly RowSums[], source: ExportSource): Promise<void> {
  for (const [turn, { error }] of sums.entries()) {
    if (Number.isFinite(error.errorSquares) && Number.isFinite(error.squares)) continue;
    throw await unstorable(chunk, chunk.names[turn]!, source);
  }
}

/** Names the value of these rows that cannot be stored: one that is not finite, or the largest. */
async function unstorable({ weight, from, to }: Chunk, name: string, source: ExportSource): Promise<Error> {
  const rows = await source.weights.rows(name, from, to);
  const [, columns = 1] = weight.sourceShape as [number, number?];
  const notFinite = rows.findIndex((value) => !Number.isFinite(value));
  const at = notFinite === -1 ? largestIndex(rows) : notFinite;
  const details = {
    where: `${name}, row ${from + Math.floor(at / columns)}, column ${at % columns}`,
    got: String(rows[at]),
    remedy: 'the checkpoint or the adapter is damaged: fetch it again',
  };
  if (notFinite !== -1) return inputError('A weight is not a finite number.', details);
  return inputError('A weight is too large for its format.', { ...details, expected: mostOf(weight.encoding) });
}

function mostOf(encoding: Encoding): string {
  if (encoding.form !== 'blocks') return `at most ${MOST_HALF}, as f16 holds`;
  const lowest = 2 ** (encoding.bits - 1);
  return `at most ${MOST_HALF * lowest}: ${lowest} times what the f16 scale of a block holds`;
}

function largestIndex(values: Float32Array): number {
  return values.reduce((largest, value, i) => (Math.abs(value) > Math.abs(values[largest]!) ? i : largest), 0);
}
