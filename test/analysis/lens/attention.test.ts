import { describe, expect, it } from 'vitest';
import { attentionOf, compareAttention } from '../../../src/analysis/lens/attention.ts';

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
