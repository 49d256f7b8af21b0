import { describe, expect, it } from 'vitest';
import { dequantizeBlocks, quantizeBlocks } from '../../../src/export/quantize/blocks.ts';
import { SurvivalSums } from '../../../src/export/quantize/survival.ts';
import { randomValues } from '../random.ts';

const rounded = (weights: Float32Array): Float32Array => dequantizeBlocks(quantizeBlocks(weights, 4, 64), 4, 64);

function survivalOf(deltaScale: number) {
  const base = randomValues(64 * 256, 3);
  const delta = randomValues(64 * 256, 4);
  const merged = base.map((weight, i) => weight + deltaScale * delta[i]!);
  const sums = new SurvivalSums();
  sums.add('experts', 4, 'w', { base, merged, storedBase: rounded(base), storedMerged: rounded(merged) });
  return sums.summary()[0]!;
}

describe('SurvivalSums', () => {
  it('compares the change that is stored with the change that was made', () => {
    const sums = new SurvivalSums();
    const zeros = Float32Array.of(0, 0);
    // Δ = (3, 4), stored (4, 3): cosine 24 / 25, both of norm 5
    sums.add('attention', 8, 'a', {
      base: zeros,
      merged: Float32Array.of(3, 4),
      storedBase: zeros,
      storedMerged: Float32Array.of(4, 3),
    });
    expect(sums.summary()).toEqual([{ kind: 'attention', bits: 8, weights: 1, cosine: 0.96, normRatio: 1 }]);
  });

  it('has no cosine for an adapter that changes nothing, and 0 for a change that leaves no trace', () => {
    const sums = new SurvivalSums();
    const ones = Float32Array.of(1, 1);
    sums.add('router', 32, 'a', { base: ones, merged: ones, storedBase: ones, storedMerged: ones });
    sums.add('head', 4, 'b', { base: ones, merged: Float32Array.of(1.001, 1), storedBase: ones, storedMerged: ones });
    expect(sums.summary()).toMatchObject([
      { kind: 'router', cosine: null, normRatio: null },
      { kind: 'head', cosine: 0, normRatio: 0 },
    ]);
  });

  it('tells a change of the size of the weights from one below the rounding step', () => {
    // The step of normal weights in blocks of 64 is about 0.3 of their deviation.
    expect(survivalOf(1).cosine).toBeGreaterThan(0.95);
    expect(survivalOf(0.003).cosine).toBeLessThan(0.3);
    // Of a small change most weights feel nothing, and a few move by a whole step: its norm grows.
    expect(survivalOf(0.003).normRatio).toBeGreaterThan(3);
  });
});
