import { describe, expect, it } from 'vitest';
import { sampleRows } from '../../../src/export/merge-check/sample-rows.ts';

describe('sampleRows', () => {
  it('takes all rows when they are few', () => {
    expect(sampleRows(64, 64)).toEqual([[0, 64]]);
    expect(sampleRows(7, 64)).toEqual([[0, 7]]);
  });

  it('takes runs of 16 from the first row to the last', () => {
    expect(sampleRows(768, 64)).toEqual([
      [0, 16],
      [251, 267],
      [501, 517],
      [752, 768],
    ]);
    expect(sampleRows(100, 10)).toEqual([[0, 16]]);
  });

  it('never takes a row twice', () => {
    for (let rows = 65; rows < 200; rows++) {
      const taken = sampleRows(rows, 64).flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));
      expect(new Set(taken).size).toBe(taken.length);
      expect(Math.max(...taken)).toBe(rows - 1);
    }
  });
});
