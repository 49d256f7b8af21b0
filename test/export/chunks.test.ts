import { describe, expect, it } from 'vitest';
import { chunksOf } from '../../src/export/chunks.ts';
import type { PlannedWeight } from '../../src/export/decoder/plan.ts';

function weight(sources: string[][], sourceShape: number[], form: 'f16' | 'transposed' = 'f16'): PlannedWeight {
  return { kind: 'experts', layer: 1, sources, sourceShape, encoding: { form }, tensors: [] };
}

describe('chunksOf', () => {
  it('covers all rows of every source once, in the order of the stack', () => {
    const sources = [
      ['gate.0', 'up.0'],
      ['gate.1', 'up.1'],
    ];
    const chunks = chunksOf(weight(sources, [768, 2048]));
    expect(chunks.map(({ names, firstSource, from, to }) => [names[0], firstSource, from, to])).toEqual([
      ['gate.0', 0, 0, 512],
      ['gate.0', 0, 512, 768],
      ['gate.1', 2, 0, 512],
      ['gate.1', 2, 512, 768],
    ]);
  });

  it('does not cut what is to be transposed, nor a row', () => {
    expect(chunksOf(weight([['router']], [4_096, 4_096], 'transposed'))).toHaveLength(1);
    expect(chunksOf(weight([['wide']], [2, 2 ** 22])).map(({ from, to }) => to - from)).toEqual([1, 1]);
  });

  it('takes a vector as rows of one element', () => {
    expect(chunksOf(weight([['norm']], [2_048])).map(({ from, to }) => [from, to])).toEqual([[0, 2_048]]);
  });
});
