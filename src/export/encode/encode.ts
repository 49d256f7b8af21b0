import type { StoredRows } from '../checkpoint/weight-source.ts';
import { WEIGHT_BYTES } from '../checkpoint/decode.ts';
import type { Encoding } from '../decoder/plan.ts';
import type { Address, Kernels } from '../kernels/kernels.ts';
import { transpose } from '../quantize/transpose.ts';
import { changeInPlace, prepareChange } from './change.ts';
import { interleave } from './interleave.ts';
import { rowBytesOf, rowCount } from './row-bytes.ts';
import type { EncodeTask, RowSums, SourceRows } from './task.ts';

/** Weights that go through the kernels at once: few enough that all their forms stay in the second-level cache. */
const BAND_WEIGHTS = 2 ** 15;

/** Merges and encodes rows, a band of rows at a time. The kernels' memory is the function's for the time of the call. */
export function encode(kernels: Kernels, task: EncodeTask): RowSums[] {
  const sums = task.sources.map((_, turn) => encodeSource(kernels, task, turn));
  if (task.encoding.form === 'transposed') transposeInPlace(task.parts[0]!, task.columns);
  return sums;
}

/** Puts the rows of one source into its turns of the result. */
function encodeSource(kernels: Kernels, { encoding, columns, sources, parts }: EncodeTask, turn: number): RowSums {
  kernels.release();
  const source = sources[turn] as SourceRows;
  const rows = rowCount(source, columns);
  const bandRows = Math.max(1, Math.floor(BAND_WEIGHTS / columns));
  const change = source.change && prepareChange(kernels, source.change, columns);
  const sums = takeZeros(kernels, 5);
  const survivalSums = sums + 16;
  const raw = kernels.take(4 * bandRows * columns);
  const merged = takeBand(kernels, encoding, bandRows * columns);
  const base = change === undefined ? merged : takeBand(kernels, encoding, bandRows * columns);
  for (let from = 0; from < rows; from += bandRows) {
    const to = Math.min(from + bandRows, rows);
    const count = (to - from) * columns;
    decode(kernels, source.stored, from * columns, count, raw, base.weights);
    if (change !== undefined) {
      kernels.bytes(merged.weights, 4 * count).set(kernels.bytes(base.weights, 4 * count));
      changeInPlace(kernels, change, merged.weights, from, to);
      encodeBand(kernels, encoding, base, count);
    }
    encodeBand(kernels, encoding, merged, count);
    kernels.run.addErrors(merged.weights, merged.stored, count, sums);
    if (change !== undefined) {
      kernels.run.addSurvival(base.weights, merged.weights, base.stored, merged.stored, count, survivalSums);
    }
    for (const [part, rowBytes] of rowBytesOf(encoding, columns).entries()) {
      const bytes = kernels.bytes(merged.parts[part]!, (to - from) * rowBytes);
      interleave(parts[part]!, bytes, rowBytes, from * sources.length + turn, sources.length);
    }
  }
  const [errorSquares, squares, made, stored, product] = kernels.doubles(sums, 5) as unknown as FiveNumbers;
  return { error: { errorSquares, squares }, ...(change && { survival: { made, stored, product } }) };
}

type FiveNumbers = [number, number, number, number, number];

/** Space for the rows of a band in all their forms. */
interface Band {
  /** f32 */
  readonly weights: Address;
  /** The bytes for each tensor of the encoding. */
  readonly parts: readonly Address[];
  /** f32: the numbers that the export computes with. */
  readonly stored: Address;
}

function takeBand(kernels: Kernels, encoding: Encoding, count: number): Band {
  const weights = kernels.take(4 * count);
  // f32 is stored as it is.
  if (encoding.form === 'f32' || encoding.form === 'transposed') return { weights, parts: [weights], stored: weights };
  return {
    weights,
    parts: rowBytesOf(encoding, count).map((bytes) => kernels.take(bytes)),
    stored: kernels.take(4 * count),
  };
}

function encodeBand({ run }: Kernels, encoding: Encoding, { weights, parts, stored }: Band, count: number): void {
  if (encoding.form === 'f16') run.encodeF16(weights, parts[0]!, stored, count);
  if (encoding.form !== 'blocks') return;
  const { bits, blockSize, search = false } = encoding;
  run.quantizeBlocks(weights, parts[0]!, parts[1]!, stored, count / blockSize, blockSize, bits, search);
}

/** @param raw space for the elements as they are stored */
function decode(
  kernels: Kernels,
  { dtype, bytes }: StoredRows,
  first: number,
  count: number,
  raw: Address,
  weights: Address,
): void {
  const size = WEIGHT_BYTES[dtype];
  const stored = bytes.subarray(first * size, (first + count) * size);
  kernels.bytes(dtype === 'f32' ? weights : raw, stored.length).set(stored);
  if (dtype === 'bf16') kernels.run.decodeBf16(raw, weights, count);
  if (dtype === 'f16') kernels.run.decodeF16(raw, weights, count);
}

function takeZeros(kernels: Kernels, count: number): Address {
  const at = kernels.take(8 * count);
  kernels.doubles(at, count).fill(0);
  return at;
}

function transposeInPlace(matrix: Uint8Array, columns: number): void {
  const values = new Float32Array(matrix.buffer, matrix.byteOffset, matrix.length / 4);
  values.set(transpose(values, columns));
}
