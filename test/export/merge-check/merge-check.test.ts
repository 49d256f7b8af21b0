import { describe, expect, it } from 'vitest';
import { ChangeSums } from '../../../src/export/merge-check/change-sums.ts';
import { type CheckedWeight, summarise } from '../../../src/export/merge-check/merge-check.ts';

/** A weight of 20 rows in which the adapter's change is there `times` times, exactly. */
function weight(name: string, kind: CheckedWeight['kind'], layer: number | undefined, times: number): CheckedWeight {
  const meant = Float32Array.from({ length: 40 }, (_, i) => 1 + (i % 3));
  const sums = new ChangeSums();
  sums.addRows(
    new Float32Array(40),
    meant,
    meant.map((value) => times * value),
    2,
  );
  sums.weights = 1;
  return { name, kind, layer, named: true, sums };
}

function untouched(name: string, kind: CheckedWeight['kind'], differs: boolean): CheckedWeight {
  const sums = new ChangeSums();
  sums.addRows(new Float32Array(4), new Float32Array(4), new Float32Array(4).fill(differs ? 1 : 0), 2);
  return { name, kind, layer: 1, named: false, sums };
}

const facts = { base: '/b', ft: '/f', adapter: '/a', allRows: true, sameStorage: true };

describe('summarise', () => {
  it('passes when every part holds its change', () => {
    const check = summarise([weight('q', 'attention', 1, 1), weight('e', 'experts', 2, 1)], facts);
    expect(check).toMatchObject({ passed: true, misses: [], otherChanges: [] });
    expect(check.kinds.map(({ kind, grade, kept }) => [kind, grade, kept])).toEqual([
      ['attention', 'merged', 1],
      ['experts', 'merged', 1],
    ]);
  });

  it('finds the few weights that lack their change among many that hold it', () => {
    const experts = Array.from({ length: 60 }, (_, i) => weight(`e${i}`, 'experts', 1 + (i % 3), i === 7 ? 0 : 1));
    const check = summarise(experts, facts);
    const [kind] = check.kinds;
    // 59 of 60 equal changes are there.
    expect(kind?.kept).toBeCloseTo(59 / 60, 12);
    expect(check.passed).toBe(false);
    expect(kind).toMatchObject({ grade: 'partly', weights: { all: 60, merged: 59, missing: 1 } });
    expect(check.misses).toMatchObject([{ weight: 'e7', grade: 'missing', kept: 0 }]);
    expect(kind?.layers.map(({ layer }) => layer)).toEqual([1, 2, 3]);
  });

  it('does not call a change of another size partly merged', () => {
    const check = summarise([weight('a', 'router', 1, 2), weight('b', 'router', 2, 0.5)], facts);
    expect(check.kinds[0]).toMatchObject({ grade: 'scaled', kept: 1.25 });
    expect(check.misses.map((miss) => miss.weight)).toEqual(['a', 'b']);
  });

  it('does not pass an adapter that changes nothing, and does not mind one part without a change', () => {
    const zero = { ...untouched('q', 'attention', false), named: true };
    expect(summarise([zero], facts)).toMatchObject({ passed: false, kinds: [{ grade: 'zero', kept: null }] });
    expect(summarise([zero, weight('e', 'experts', 1, 1)], facts).passed).toBe(true);
  });

  it('counts what differs besides, where equal weights are equal numbers', () => {
    const weights = [weight('q', 'attention', 1, 1), untouched('r', 'router', true), untouched('s', 'router', false)];
    expect(summarise(weights, facts)).toMatchObject({
      passed: true,
      otherChanges: [{ kind: 'router', weights: 2, differing: 1 }],
    });
    expect(summarise(weights, { ...facts, sameStorage: false }).otherChanges).toBeNull();
  });
});
