import { inputError } from '../errors.ts';
import type { WeightSource } from './checkpoint/weight-source.ts';
import type { PlannedWeight } from './decoder/plan.ts';
import type { Part, StoredTensor, TensorStore } from './folder/tensor-store.ts';
import { encodeRows, type EncodedRows } from './quantize/encode-rows.ts';

/** Weights that are in memory at once: 16 MB as f32. One expert's matrix of Qwen3-30B-A3B has 1.6 million. */
const CHUNK_WEIGHTS = 2 ** 22;

/** Some rows of one of the checkpoint's weights, as they were and as they are stored. */
export interface StoredRows {
  readonly weight: PlannedWeight;
  /** Published name, and rows [from, to) of it. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly columns: number;
  readonly original: Float32Array;
  readonly stored: Float32Array;
}

/**
 * Encodes a weight and appends its tensors to the store, some rows at a time.
 * @param onRows sees all rows that go by
 * @returns a place for each of `weight.tensors`
 */
export async function writeWeight(
  weight: PlannedWeight,
  source: WeightSource,
  store: TensorStore,
  onRows: (rows: StoredRows) => Promise<void>,
): Promise<StoredTensor[]> {
  // A store takes one tensor after the other, so the scales wait: 4 bytes a block.
  const scales: Uint8Array[] = [];
  const part = partOf(weight);
  const values = await store.add(part, encodedValues(weight, source, scales, onRows));
  return weight.tensors.length === 1 ? [values] : [values, await store.add(part, scales)];
}

function partOf({ kind }: PlannedWeight): Part {
  return kind === 'experts' || kind === 'attention' ? kind : 'rest';
}

async function* encodedValues(
  weight: PlannedWeight,
  source: WeightSource,
  scales: Uint8Array[],
  onRows: (rows: StoredRows) => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const [rowCount, columns = 1] = weight.sourceShape as [number, number?];
  const chunkRows = weight.encoding.form === 'transposed' ? rowCount : Math.max(1, Math.floor(CHUNK_WEIGHTS / columns));
  for (const names of weight.sources) {
    for (let from = 0; from < rowCount; from += chunkRows) {
      const to = Math.min(from + chunkRows, rowCount);
      const encoded: EncodedRows[] = [];
      for (const name of names) {
        const original = await source.rows(name, from, to);
        const rows = encodeRows(original, columns, weight.encoding);
        await onRows({ weight, name, from, to, columns, original, stored: rows.stored });
        encoded.push(rows);
      }
      yield interleaveRows(encoded, 0, to - from);
      if (weight.tensors.length > 1) scales.push(interleaveRows(encoded, 1, to - from));
    }
  }
}

/** First rows of all, second rows of all, …: of the bytes for tensor `part`. */
function interleaveRows(encoded: readonly EncodedRows[], part: number, rows: number): Uint8Array {
  const parts = encoded.map(({ parts: bytes }) => bytes[part] as Uint8Array);
  const [first] = parts as [Uint8Array];
  if (parts.length === 1) return first;
  const rowBytes = first.length / rows;
  const result = new Uint8Array(first.length * parts.length);
  for (let row = 0; row < rows; row++) {
    for (const [i, bytes] of parts.entries()) {
      result.set(bytes.subarray(row * rowBytes, (row + 1) * rowBytes), (row * parts.length + i) * rowBytes);
    }
  }
  return result;
}

/** Names the value of these rows that cannot be stored: one that is not finite, or the largest. */
export function unstorable({ name, from, columns, original }: StoredRows): Error {
  const notFinite = original.findIndex((value) => !Number.isFinite(value));
  const at = notFinite === -1 ? largestIndex(original) : notFinite;
  const details = {
    where: `${name}, row ${from + Math.floor(at / columns)}, column ${at % columns}`,
    got: String(original[at]),
    remedy: 'the checkpoint or the adapter is damaged: fetch it again',
  };
  if (notFinite !== -1) return inputError('A weight is not a finite number.', details);
  return inputError('A weight is too large for its format.', { ...details, expected: 'at most 65504, as f16 holds' });
}

function largestIndex(values: Float32Array): number {
  return values.reduce((largest, value, i) => (Math.abs(value) > Math.abs(values[largest]!) ? i : largest), 0);
}
