import { describe, expect, it } from 'vitest';
import { dequantizeBlocks, quantizeBlocks } from '../../../src/export/quantize/blocks.ts';
import { AdapterSurvivals, survivalSums } from '../../../src/export/quantize/survival.ts';
import { randomValues } from '../random.ts';

const rounded = (weights: Float32Array): Float32Array => dequantizeBlocks(quantizeBlocks(weights, 4, 64), 4, 64);

function summaryOf(rows: Parameters<typeof survivalSums>[0]) {
  const survivals = new AdapterSurvivals();
  survivals.add('experts', 4, { weights: 1, ...survivalSums(rows) });
  return survivals.summary()[0]!;
}

function survivalOf(deltaScale: number) {
  const base = randomValues(64 * 256, 3);
  const delta = randomValues(64 * 256, 4);
  const merged = base.map((weight, i) => weight + deltaScale * delta[i]!);
  return summaryOf({ base, merged, storedBase: rounded(base), storedMerged: rounded(merged) });
}

describe('what survives of an adapter', () => {
  it('compares the change that is stored with the change that was made', () => {
    const zeros = Float32Array.of(0, 0);
    // Δ = (3, 4), stored (4, 3): cosine 24 / 25, both of norm 5
    const rows = { base: zeros, merged: Float32Array.of(3, 4), storedBase: zeros, storedMerged: Float32Array.of(4, 3) };
    expect(summaryOf(rows)).toEqual({ kind: 'experts', bits: 4, weights: 1, cosine: 0.96, normRatio: 1 });
  });

  it('has no cosine for an adapter that changes nothing, and 0 for a change that leaves no trace', () => {
    const ones = Float32Array.of(1, 1);
    const unchanged = { base: ones, merged: ones, storedBase: ones, storedMerged: ones };
    expect(summaryOf(unchanged)).toMatchObject({ cosine: null, normRatio: null });
    const lost = { ...unchanged, merged: Float32Array.of(1.001, 1) };
    expect(summaryOf(lost)).toMatchObject({ cosine: 0, normRatio: 0 });
  });

  it('is told by kind of module, over all weights of the kind', () => {
    const survivals = new AdapterSurvivals();
    survivals.add('experts', 4, { weights: 2, made: 1, stored: 3, product: 1 });
    survivals.add('attention', 8, { weights: 1, made: 1, stored: 1, product: 1 });
    survivals.add('experts', 4, { weights: 1, made: 3, stored: 13, product: 4 });
    expect(survivals.summary()).toEqual([
      { kind: 'experts', bits: 4, weights: 3, cosine: 5 / Math.sqrt(4 * 16), normRatio: 2 },
      { kind: 'attention', bits: 8, weights: 1, cosine: 1, normRatio: 1 },
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
