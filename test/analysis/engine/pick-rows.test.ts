import { describe, expect, it } from 'vitest';
import { pickRows } from '../../../src/analysis/engine/child/pick-rows.ts';

const tensor = { type: 'float32', dims: [2, 3, 2], data: Float32Array.from({ length: 12 }, (_, i) => i) } as const;

describe('pickRows', () => {
  it('copies indices of a middle axis, in the order asked for', () => {
    const { dims, data } = pickRows(tensor, { axis: 1, indices: [2, 0] });
    expect(dims).toEqual([2, 2, 2]);
    expect([...data]).toEqual([4, 5, 0, 1, 10, 11, 6, 7]);
  });

  it('copies rows of the first axis, of any type', () => {
    const counts = { type: 'int64', dims: [3], data: BigInt64Array.of(5n, 6n, 7n) } as const;
    expect(pickRows(counts, { axis: 0, indices: [1] }).data).toEqual(BigInt64Array.of(6n));
  });
});
