import { describe, expect, it } from 'vitest';
import type { StoredRows } from '../../../src/export/checkpoint/weight-source.ts';
import type { Encoding } from '../../../src/export/decoder/plan.ts';
import { encode } from '../../../src/export/encode/encode.ts';
import { encodeReference } from '../../../src/export/encode/encode-reference.ts';
import { rowBytesOf } from '../../../src/export/encode/row-bytes.ts';
import type { EncodeTask, SourceRows } from '../../../src/export/encode/task.ts';
import { Kernels } from '../../../src/export/kernels/kernels.ts';
import type { LowRankRows, RowsChange } from '../../../src/export/lora/rows-change.ts';
import { toHalf } from '../../../src/export/quantize/half.ts';
import { randomValues } from '../random.ts';

const COLUMNS = 384;
/** More than one band of rows, and a rest. */
const ROWS = 200;
const RANK = 6;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint16Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function stored(dtype: StoredRows['dtype'], seed: number): StoredRows {
  const values = randomValues(ROWS * COLUMNS, seed);
  if (dtype === 'f32') return { dtype, bytes: bytesOf(values) };
  if (dtype === 'f16') return { dtype, bytes: bytesOf(toHalf(values)) };
  const bits = new Uint32Array(values.buffer);
  return { dtype, bytes: bytesOf(Uint16Array.from(bits, (pattern) => pattern >>> 16)) };
}

/** Factors that lie in larger tensors: of fused experts, B's columns are far apart. */
const lowRank: LowRankRows = {
  type: 'low-rank',
  rank: RANK,
  scale: 0.3,
  rows: ROWS,
  columns: COLUMNS,
  b: { values: randomValues(5 + ROWS * RANK * 3, 7), offset: 5, rowStride: RANK * 3, columnStride: 3 },
  a: { values: randomValues(9 + RANK * COLUMNS, 8), offset: 9, rowStride: COLUMNS, columnStride: 1 },
  magnitude: undefined,
};

const CHANGES: readonly (readonly [string, RowsChange])[] = [
  ['a low-rank change', lowRank],
  ['DoRA', { ...lowRank, magnitude: randomValues(ROWS, 9) }],
  ['a replacement', { type: 'replacement', values: randomValues(ROWS * COLUMNS, 10) }],
];

const ENCODINGS: readonly Encoding[] = [
  { form: 'f32' },
  { form: 'f16' },
  { form: 'blocks', bits: 4, blockSize: 32 },
  { form: 'blocks', bits: 4, blockSize: 64 },
  { form: 'blocks', bits: 8, blockSize: 128 },
  { form: 'blocks', bits: 4, blockSize: 64, search: true },
];

const kernels = new Kernels();

function expectEqual(encoding: Encoding, sources: readonly SourceRows[], columns = COLUMNS): void {
  const room = (): EncodeTask => ({
    encoding,
    columns,
    sources,
    parts: rowBytesOf(encoding, columns).map(
      (bytes) => new Uint8Array((bytes * ROWS * COLUMNS * sources.length) / columns),
    ),
  });
  const [task, reference] = [room(), room()];
  expect(encode(kernels, task)).toEqual(encodeReference(reference));
  for (const [part, bytes] of reference.parts.entries()) {
    expect(Buffer.compare(task.parts[part]!, bytes), `part ${part}`).toBe(0);
    expect(bytes.some((byte) => byte !== 0)).toBe(true);
  }
}

describe.each(ENCODINGS)('encoding as %j does what the reference does, bit for bit:', (encoding) => {
  it.each(['bf16', 'f16', 'f32'] as const)('%s', (dtype) => {
    expectEqual(encoding, [{ stored: stored(dtype, 1) }]);
  });

  it.each(CHANGES)('%s', (_, change) => {
    expectEqual(encoding, [{ stored: stored('bf16', 1), change }]);
  });

  it('two matrices whose rows take turns, one of them changed', () => {
    expectEqual(encoding, [{ stored: stored('bf16', 1) }, { stored: stored('bf16', 2), change: lowRank }]);
  });
});

it('transposes a matrix', () => {
  expectEqual({ form: 'transposed' }, [{ stored: stored('bf16', 3), change: lowRank }]);
});

it.each(['f32', 'f16'] as const)('takes vectors, as %s', (form) => {
  expectEqual({ form }, [{ stored: stored('bf16', 3) }], 1);
});
