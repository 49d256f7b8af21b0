import { describe, expect, it } from 'vitest';
import { survivalOf, survivalWord, tolerableNoise } from '../../../src/export/folder/survival.ts';

describe('survivalOf', () => {
  it.each([
    // Meant (1, 0), stored (1, 2): kept 1, and beside it noise of twice its size. cosine 1/√5, norm ratio √5
    ['whole, under noise', 1 / Math.sqrt(5), Math.sqrt(5), 1, 2],
    // Meant (1, 0), stored (1/2, 0)
    ['half', 1, 0.5, 0.5, 0],
    // Meant (3, 4), stored (4, 3): ⟨c, Δ⟩ / ⟨Δ, Δ⟩ = 24/25, the rest is 7/25 of it
    ['turned a little', 24 / 25, 1, 24 / 25, 7 / 25],
    ['nothing', 0, 0, 0, 0],
    ['the opposite', -1, 1, -1, 0],
  ])('%s', (_, cosine, normRatio, kept, noise) => {
    const survival = survivalOf({ cosine, normRatio });
    expect(survival?.kept).toBeCloseTo(kept, 12);
    expect(survival?.noise).toBeCloseTo(noise, 12);
    // Together they are the two that were measured: c = kept · Δ + rest, at right angles.
    expect(Math.hypot(kept, noise)).toBeCloseTo(normRatio, 12);
  });

  it('is not defined for a change of zero', () => {
    expect(survivalOf({ cosine: null, normRatio: null })).toBeUndefined();
  });

  it('bears a cosine that rounding took beyond 1', () => {
    expect(survivalOf({ cosine: 1 + 1e-9, normRatio: 1 })?.noise).toBe(0);
  });
});

it.each([
  [1, 0.4, 'survives'],
  [1, 0.99, 'survives'],
  [1, 1, 'under noise'],
  [1, 7.6, 'under noise'],
  [0.9, 0, 'survives'],
  [0.89, 0, 'partly'],
  [0.5, 3, 'partly'],
  [0.49, 0, 'mostly lost'],
  [-1, 0, 'mostly lost'],
] as const)('kept %d with noise %d: %s', (kept, noise, word) => {
  expect(survivalWord({ kept, noise })).toBe(word);
});

it('bears more noise the wider the matrix, and less the higher the rank', () => {
  expect(tolerableNoise(128, 8)).toBe(2);
  expect(tolerableNoise(2048, 8)).toBe(8);
  expect(tolerableNoise(2048, 32)).toBe(4);
});
