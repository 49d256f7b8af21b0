import type { Encoding } from '../decoder/plan.ts';
import { WEIGHT_BYTES } from '../checkpoint/decode.ts';
import type { SourceRows } from './task.ts';

/** Bytes of a row in each tensor of the encoding. */
export function rowBytesOf(encoding: Encoding, columns: number): number[] {
  switch (encoding.form) {
    case 'f32':
    case 'transposed':
      return [4 * columns];
    case 'f16':
      return [2 * columns];
    case 'blocks':
      return [(columns * encoding.bits) / 8, (4 * columns) / encoding.blockSize];
  }
}

/** Number of rows of a source. */
export function rowCount({ stored: { dtype, bytes } }: SourceRows, columns: number): number {
  return bytes.length / (WEIGHT_BYTES[dtype] * columns);
}
