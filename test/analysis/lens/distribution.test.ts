import { describe, expect, it } from 'vitest';
import { entropy, jensenShannon, softmax, topIndices } from '../../../src/analysis/lens/distribution.ts';
import * as reference from './reference.ts';
import { normals } from './random.ts';

const [p, q] = [normals(128, 1, 3), normals(128, 2, 3)];

describe('small distributions', () => {
  it('agree with the textbook formulas', () => {
    expect(entropy(softmax(p))).toBeCloseTo(reference.entropy(p), 12);
    expect(jensenShannon(softmax(p), softmax(q))).toBeCloseTo(reference.jensenShannon(p, q), 12);
    expect(topIndices(p, 8)).toEqual(reference.top(p, 8));
  });

  it('stay finite for logits that overflow an exponential', () => {
    expect([...softmax([1000, 0, -1000])]).toEqual([1, 0, 0]);
    expect(entropy([1, 0, 0])).toBe(0);
  });

  it('give exactly 0 between equal distributions, and ln 2 between disjoint ones', () => {
    expect(jensenShannon(softmax(p), softmax(p))).toBe(0);
    expect(jensenShannon([1, 0], [0, 1])).toBe(Math.LN2);
  });
});
