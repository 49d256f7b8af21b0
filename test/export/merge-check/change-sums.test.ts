import { describe, expect, it } from 'vitest';
import { ChangeSums } from '../../../src/export/merge-check/change-sums.ts';
import { dequantizeBlocks, quantizeBlocks } from '../../../src/export/quantize/blocks.ts';
import { randomValues } from '../random.ts';

function sumsOf(base: number[], merged: number[], ft: number[], columns: number): ChangeSums {
  const sums = new ChangeSums();
  sums.addRows(Float32Array.from(base), Float32Array.from(merged), Float32Array.from(ft), columns);
  return sums;
}

describe('ChangeSums', () => {
  it('sets the change that is found against the one that is meant: a case by hand', () => {
    // Two rows of two. Meant (1, 2) and (2, 0), found (2, 2) and (1, 1):
    // ⟨found, meant⟩ = 6 + 2 = 8, ⟨meant, meant⟩ = 5 + 4 = 9, ⟨found, found⟩ = 8 + 2 = 10
    // rest = found − 8/9 meant, its product with meant by row: 6 − 40/9 = 14/9 and 2 − 32/9 = −14/9
    const sums = sumsOf([1, 1, 1, 1], [2, 3, 3, 1], [3, 3, 2, 2], 2);
    const estimate = sums.estimate();
    expect(estimate?.kept).toBeCloseTo(8 / 9, 14);
    expect(estimate?.noise).toBeCloseTo(Math.sqrt(10 / 9 - (8 / 9) ** 2), 14);
    expect(estimate?.standardError).toBeCloseTo((Math.sqrt(2) * 14) / 81, 14);
    expect([sums.elements, sums.changed]).toEqual([4, 4]);
  });

  it('is exact where nothing is rounded', () => {
    expect(sumsOf([1, 2], [3, 1], [3, 1], 2).estimate()).toEqual({ kept: 1, standardError: 0, noise: 0 });
    expect(sumsOf([1, 2], [3, 1], [1, 2], 2).estimate()).toEqual({ kept: 0, standardError: 0, noise: 0 });
    expect(sumsOf([1, 2], [3, 1], [5, 0], 2).estimate()).toEqual({ kept: 2, standardError: 0, noise: 0 });
  });

  it('has no estimate where the adapter changes nothing', () => {
    expect(sumsOf([1, 2], [1, 2], [3, 4], 2).estimate()).toBeUndefined();
  });

  it('adds up: rows one after the other, or sums of each', () => {
    const [base, merged, ft] = [1, 2, 3].map((seed) => randomValues(64, seed));
    const whole = new ChangeSums();
    whole.addRows(base!, merged!, ft!, 8);
    const parts = new ChangeSums();
    for (const [from, to] of [
      [0, 24],
      [24, 64],
    ] as const) {
      const part = new ChangeSums();
      part.addRows(base!.subarray(from, to), merged!.subarray(from, to), ft!.subarray(from, to), 8);
      parts.add(part);
    }
    expect(parts.estimate()?.kept).toBeCloseTo(whole.estimate()!.kept, 12);
    expect(parts.estimate()?.standardError).toBeCloseTo(whole.estimate()!.standardError, 12);
  });

  it('says truly how far 4-bit rounding moves the estimate: over 300 merges the deviations are as large as it says', () => {
    const [rows, columns] = [16, 64];
    const rounded = (weights: Float32Array) => dequantizeBlocks(quantizeBlocks(weights, 4, 64), 4, 64);
    const deviations = Array.from({ length: 300 }, (_, trial) => {
      const base = randomValues(rows * columns, 2 * trial + 1);
      const delta = randomValues(rows * columns, 2 * trial + 2);
      const merged = base.map((weight, i) => weight + 0.02 * delta[i]!);
      const storedBase = rounded(base);
      const sums = new ChangeSums();
      const meant = storedBase.map((weight, i) => weight + merged[i]! - base[i]!);
      sums.addRows(storedBase, meant, rounded(merged), columns);
      const { kept, standardError } = sums.estimate()!;
      return (kept - 1) / standardError;
    });
    const root = Math.sqrt(deviations.reduce((sum, deviation) => sum + deviation ** 2, 0) / deviations.length);
    // 1 if the standard error is right; that of 16 rows is itself known to 20 %, of 300 trials the root to 4 %.
    expect(root).toBeGreaterThan(0.85);
    expect(root).toBeLessThan(1.25);
  });
});
