import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../../src/analysis/reading/chunks.ts';

describe('chunksOf', () => {
  it('reads two positions at once of 49 rows and 151,936 tokens', () => {
    expect(chunksOf(5, 49, 151_936)).toEqual([[0, 1], [2, 3], [4]]);
  });

  it('reads at least one position at once', () => {
    expect(chunksOf(2, 1000, 1_000_000)).toEqual([[0], [1]]);
  });

  it('reads a small model in one run', () => {
    expect(chunksOf(3, 4, 320)).toEqual([[0, 1, 2]]);
  });
});
