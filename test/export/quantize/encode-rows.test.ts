import { describe, expect, it } from 'vitest';
import { encodeRows } from '../../../src/export/quantize/encode-rows.ts';
import { transpose } from '../../../src/export/quantize/transpose.ts';

const f32 = (bytes: Uint8Array): number[] => [...new Float32Array(bytes.slice().buffer)];

describe('encodeRows', () => {
  const matrix = Float32Array.of(1, 2, 3, 4, 5, 6);

  it('keeps f32 as it is', () => {
    const { parts, stored } = encodeRows(matrix, 3, { form: 'f32' });
    expect(parts.map(f32)).toEqual([[1, 2, 3, 4, 5, 6]]);
    expect(stored).toEqual(matrix);
  });

  it('stores a transposed matrix by columns, and tells its values in the order they came', () => {
    const { parts, stored } = encodeRows(matrix, 3, { form: 'transposed' });
    expect(parts.map(f32)).toEqual([[1, 4, 2, 5, 3, 6]]);
    expect(stored).toEqual(matrix);
  });

  it('tells what f16 makes of a value', () => {
    const { parts, stored } = encodeRows(Float32Array.of(1 + 2 ** -12, 1e6), 1, { form: 'f16' });
    expect(parts).toEqual([Uint8Array.of(0x00, 0x3c, 0x00, 0x7c)]);
    expect([...stored]).toEqual([1, Infinity]);
  });

  it('has packed values and scales for blocks', () => {
    const row = Float32Array.of(-8, 3, ...Array(30).fill(0));
    const { parts, stored } = encodeRows(row, 32, { form: 'blocks', bits: 4, blockSize: 32 });
    expect(parts.map((part) => part.length)).toEqual([16, 4]);
    expect(f32(parts[1]!)).toEqual([1]);
    expect(stored).toEqual(row);
  });

  it('transposes back and forth', () => {
    expect(transpose(transpose(matrix, 3), 2)).toEqual(matrix);
  });
});
