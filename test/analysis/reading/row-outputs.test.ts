import { describe, expect, it } from 'vitest';
import { RunResult } from '../../../src/analysis/engine/run-result.ts';
import { positionRows } from '../../../src/analysis/reading/row-outputs.ts';

const shape = { model: 'base', index: 0, rows: 2, positions: [3, 7], topK: 1, finalTop: 1, tracked: 0 };

/** Two rows at two positions; every f32 output counts up, so that a value tells where it stands. */
function outputs(overrides: Record<string, Float32Array> = {}): RunResult {
  const floats = (data: Float32Array) => ({ type: 'float32' as const, dims: [data.length], data });
  const integers = (...values: number[]) => ({
    type: 'int64' as const,
    dims: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  const values = {
    top_ids: integers(10, 11, 12, 13),
    top_probs: floats(Float32Array.of(0.5, 0.25, 0.125, 1)),
    entropy: floats(Float32Array.of(1, 2, 3, -1e-9)),
    active: integers(1, 2, 3, 4),
    kl_to_final: floats(Float32Array.of(4, 5, 0, -1e-9)),
    final_prob: floats(Float32Array.of(0.25, 0.5, 0.75, 1)),
    final_rank: integers(5, 6, 7, 8),
    own_top_ids: integers(20, 21),
    own_top_probs: floats(Float32Array.of(0.25, 0.75)),
    head_difference: floats(Float32Array.of(0, 0.5)),
  };
  const changed = Object.fromEntries(Object.entries(overrides).map(([name, data]) => [name, floats(data)]));
  return new RunResult({ ...values, ...changed }, {});
}

const norms = Float64Array.of(1, 4, 9, 16);

describe('positionRows', () => {
  it('sorts outputs of rows × positions by position', () => {
    const [first, second] = positionRows(outputs(), norms, shape);
    expect(first?.position).toBe(3);
    expect(first?.rows.map(({ topIds, entropy, residualNorm }) => [topIds[0], entropy, residualNorm])).toEqual([
      [10, 1, 1],
      [12, 3, 3],
    ]);
    expect(second).toMatchObject({ position: 7, final: { ids: [21], probs: [0.75] }, headDifference: 0.5 });
    expect(second?.rows.map(({ finalRank, active }) => [finalRank, active])).toEqual([
      [6, 2],
      [8, 4],
    ]);
  });

  it('keeps sums of squares and divergences from falling below 0 by rounding', () => {
    const row = positionRows(outputs(), norms, shape)[1]?.rows[1];
    expect([row?.entropy, row?.klToFinal]).toEqual([0, 0]);
  });

  it.each([
    ['entropy', 'base, layer 1, position 3'],
    ['kl_to_final', 'base, layer 1, position 3'],
    ['final_prob', 'base, layer 1, position 3'],
    ['top_probs', 'base, layer 1, position 3'],
  ])('refuses a number of %s that is not finite', (name, where) => {
    const damaged = outputs({ [name]: Float32Array.of(1, 1, Number.NaN, 1) });
    expect(() => positionRows(damaged, norms, shape)).toThrow(expect.objectContaining({ kind: 'runtime', where }));
  });
});
