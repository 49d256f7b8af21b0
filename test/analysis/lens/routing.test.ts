import { describe, expect, it } from 'vitest';
import { compareRouting, route } from '../../../src/analysis/lens/routing.ts';

describe('route', () => {
  it('weighs the chosen experts by their softmax among themselves', () => {
    const { experts, probabilities, entropy } = route([Math.log(1), Math.log(4), Math.log(3), Math.log(2)], 2);
    expect(experts.map(({ expert }) => expert)).toEqual([1, 2]);
    expect(experts[0]?.weight).toBeCloseTo(4 / 7, 12);
    expect(experts[1]?.weight).toBeCloseTo(3 / 7, 12);
    expect([...probabilities].map((p) => Math.round(p * 10))).toEqual([1, 4, 3, 2]);
    // −(.1 ln .1 + .4 ln .4 + .3 ln .3 + .2 ln .2)
    expect(entropy).toBeCloseTo(1.279_854_225_833_667_4, 12);
  });

  it('takes equal logits by expert number', () => {
    expect(route([1, 2, 2, 2], 2).experts.map(({ expert }) => expert)).toEqual([1, 2]);
  });
});

describe('compareRouting', () => {
  it('names the experts gained and lost', () => {
    const comparison = compareRouting(route([9, 8, 0, 0, 7], 3), route([9, 0, 5, 8, 0], 3));
    expect(comparison.gained).toEqual([2, 3]);
    expect(comparison.lost).toEqual([1, 4]);
    expect(comparison.jaccard).toBe(1 / 5);
  });

  it('finds nothing between equal routings', () => {
    const routing = route([0.3, -2, 5.5, 1], 2);
    expect(compareRouting(routing, routing)).toEqual({ jaccard: 1, js: 0, gained: [], lost: [] });
  });

  it('reaches ln 2 for routings that share no expert', () => {
    expect(compareRouting(route([800, 0], 1), route([0, 800], 1)).js).toBeCloseTo(Math.LN2, 12);
  });
});
