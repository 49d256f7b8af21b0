import { describe, expect, it } from 'vitest';
import { commitLayer, firstLayer } from '../../../src/analysis/lens/layers.ts';

describe('commitLayer', () => {
  it.each([
    [[1, 2, 3, 7, 7], 7, 3],
    [[7, 2, 7, 3, 7], 7, 4],
    [[7, 7, 7], 7, 0],
    [[7, 7, 2], 7, 2],
  ])('of %j for final token %i is %i', (top1, final, layer) => {
    expect(commitLayer(top1, final)).toBe(layer);
  });
});

describe('firstLayer', () => {
  it('is null when no layer holds', () => {
    expect(firstLayer([0, 0, 0], (value) => value > 0)).toBeNull();
    expect(firstLayer([0, 4, 0], (value) => value > 0)).toBe(1);
  });
});
