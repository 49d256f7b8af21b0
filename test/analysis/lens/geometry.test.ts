import { describe, expect, it } from 'vitest';
import { cosine, relativeDistance } from '../../../src/analysis/lens/geometry.ts';

describe('cosine and relative distance', () => {
  it.each([
    ['equal', { aa: 3, bb: 3, ab: 3, squaredDifference: 0 }, 1, 0],
    ['perpendicular', { aa: 4, bb: 1, ab: 0, squaredDifference: 5 }, 0, Math.sqrt(5) / 2],
    ['opposite', { aa: 1, bb: 4, ab: -2, squaredDifference: 9 }, -1, 3],
    ['two zeros', { aa: 0, bb: 0, ab: 0, squaredDifference: 0 }, 1, 0],
    ['zero and something', { aa: 0, bb: 4, ab: 0, squaredDifference: 4 }, 0, 2],
  ])('of %s vectors', (_, products, expectedCosine, expectedDistance) => {
    expect(cosine(products)).toBe(expectedCosine);
    expect(relativeDistance(products)).toBe(expectedDistance);
  });
});
