import { decodeWeights } from '../checkpoint/decode.ts';
import type { Encoding } from '../decoder/plan.ts';
import { dequantizeBlocks, quantizeBlocks } from './blocks.ts';
import { toHalf } from './half.ts';
import { transpose } from './transpose.ts';

/** Rows of a weight in the bytes of an export. */
export interface EncodedRows {
  /** Bytes for each tensor of the encoding, row by row: packed values and scales for blocks, else one. */
  readonly parts: readonly Uint8Array[];
  /** f32, laid out as the input: the numbers that the export computes with. */
  readonly stored: Float32Array;
}

/**
 * @param rows f32 [any, columns]
 * @param columns for `transposed`, `rows` must be the whole matrix
 */
export function encodeRows(rows: Float32Array, columns: number, encoding: Encoding): EncodedRows {
  switch (encoding.form) {
    case 'f32':
      return { parts: [bytesOf(rows)], stored: rows };
    case 'transposed':
      return { parts: [bytesOf(transpose(rows, columns))], stored: rows };
    case 'f16': {
      const bytes = new Uint8Array(toHalf(rows).buffer);
      return { parts: [bytes], stored: decodeWeights(bytes, 'f16') };
    }
    case 'blocks': {
      const quantized = quantizeBlocks(rows, encoding.bits, encoding.blockSize, encoding.search);
      return {
        parts: [quantized.packed, bytesOf(quantized.scales)],
        stored: dequantizeBlocks(quantized, encoding.bits, encoding.blockSize),
      };
    }
  }
}

function bytesOf(values: Float32Array | Uint16Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
