import { describe, expect, it } from 'vitest';
import {
  attentionOf,
  compareAttention,
  compareHeads,
  headStatistics,
  sinkShare,
} from '../../../src/analysis/lens/attention.ts';

// two heads, three keys
const probabilities = Float32Array.of(0.5, 0.25, 0.25, 0, 0.25, 0.75);

describe('attentionOf', () => {
  it('averages over heads', () => {
    const attention = attentionOf(probabilities, 2, 3, 2);
    expect([...attention.weights]).toEqual([0.25, 0.25, 0.5]);
    expect(attention.order).toEqual([2, 0, 1]);
    expect(attention.entropy).toBeCloseTo(1.5 * Math.LN2, 12);
    expect(attention.heads.map((head) => [...head])).toEqual([
      [0.5, 0.25, 0.25],
      [0, 0.25, 0.75],
    ]);
  });

  it('leaves out the keys that the query cannot see', () => {
    expect([...attentionOf(Float32Array.of(0.25, 0.75, 0, 0.75, 0.25, 0), 2, 3, 1).weights]).toEqual([0.5, 0.5]);
  });
});

describe('headStatistics', () => {
  it('says of each head how spread it is, and how much lies on position 0', () => {
    expect(headStatistics(attentionOf(probabilities, 2, 3, 2))).toEqual([
      { head: 0, entropy: expect.closeTo(1.5 * Math.LN2, 12) as number, sinkShare: 0.5 },
      { head: 1, entropy: expect.closeTo(2 * Math.LN2 - 0.75 * Math.log(3), 12) as number, sinkShare: 0 },
    ]);
    expect(sinkShare(attentionOf(probabilities, 2, 3, 2).weights)).toBe(0.25);
  });
});

describe('compareHeads', () => {
  const attention = attentionOf(probabilities, 2, 3, 2);
  // the two heads the other way round: their mean is the same
  const swapped = attentionOf(Float32Array.of(0, 0.25, 0.75, 0.5, 0.25, 0.25), 2, 3, 2);

  it('finds exactly nothing between equal heads', () => {
    expect(compareHeads(attention, attention)).toEqual([0, 0]);
  });

  it('sees what cancels out in the mean', () => {
    expect(compareAttention(attention, swapped).js).toBe(0);
    // ½ (½ ln 2 + ¼ ln ½ + ¾ ln 3⁄2): 0.5 against 0, and 0.25 against 0.75
    const js = 0.25 * Math.LN2 + 0.125 * Math.log(0.5) + 0.375 * Math.log(1.5);
    for (const found of compareHeads(attention, swapped)) expect(found).toBeCloseTo(js, 12);
  });

  it('compares nothing when the models have not the same number of heads', () => {
    expect(compareHeads(attention, attentionOf(Float32Array.of(1, 0, 0), 1, 3, 2))).toEqual([]);
  });
});

describe('compareAttention', () => {
  const attention = attentionOf(probabilities, 2, 3, 2);

  it('finds nothing between equal weights', () => {
    expect(compareAttention(attention, attention)).toEqual({ js: 0, sameTop1: true });
  });

  it('sees another position attended most', () => {
    const other = attentionOf(Float32Array.of(0.5, 0.25, 0.25), 1, 3, 2);
    // ½ Σ (¼ ln ⅔ + ½ ln 4⁄3) over the two entries that differ
    expect(compareAttention(attention, other).js).toBeCloseTo(0.5 * Math.log(4 / 3) + 0.25 * Math.log(2 / 3), 12);
    expect(compareAttention(attention, other).sameTop1).toBe(false);
  });
});
