import { describe, expect, it } from 'vitest';
import { summarizeRouting, withoutSink } from '../../../src/analysis/lens/routing-summary.ts';
import { compareRouting, route } from '../../../src/analysis/lens/routing.ts';

describe('withoutSink', () => {
  const at = (...positions: number[]) => positions.map((position) => ({ position }));

  it.each([
    [
      [0, 1, 2],
      [1, 2],
    ],
    [
      [3, 7],
      [3, 7],
    ],
    [[0], [0]],
    [[0, 5], [5]],
  ])('of positions %j leaves %j', (read, expected) => {
    expect(withoutSink(at(...read))).toEqual(at(...expected));
  });
});

describe('summarizeRouting', () => {
  const base = [route([3, 2, 1, 0], 2), route([0, 1, 2, 3], 2)];
  const ft = [route([3, 1, 2, 0], 2), route([0, 1, 2, 3], 2)];

  it('takes means over the tokens', () => {
    const summary = summarizeRouting(base, ft);
    expect(summary.meanShared).toBe(1.5);
    expect(summary.meanJaccard).toBeCloseTo((1 / 3 + 1) / 2, 12);
    expect(summary.meanJs).toBeCloseTo(compareRouting(base[0]!, ft[0]!).js / 2, 12);
    // The same logits in another order.
    expect(summary.meanEntropyDelta).toBeCloseTo(0, 12);
    expect(summary.load).toMatchObject({
      gained: [{ expert: 2, base: 1, ft: 2 }],
      lost: [{ expert: 1, base: 1, ft: 0 }],
    });
  });

  it('says in which direction the entropy moves', () => {
    const [even, sharp] = [[route([0, 0], 1)], [route([9, 0], 1)]];
    expect(summarizeRouting(even, sharp).meanEntropyDelta).toBeLessThan(-0.6);
    expect(summarizeRouting(sharp, even).meanEntropyDelta).toBeGreaterThan(0.6);
  });

  it('is exactly nothing between equal routings', () => {
    const odd = [route([0.1, 0.7, -0.3], 2), route([1e-3, 2.5, 2.4], 2), route([5, 4.999, 4.998], 2)];
    expect(summarizeRouting(odd, odd)).toEqual({
      meanShared: 2,
      meanJaccard: 1,
      meanJs: 0,
      meanEntropyDelta: 0,
      load: { js: 0, gained: [], lost: [] },
    });
  });
});
