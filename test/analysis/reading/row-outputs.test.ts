import { describe, expect, it } from 'vitest';
import { RunResult } from '../../../src/analysis/engine/run-result.ts';
import { positionRows, rowOutputs } from '../../../src/analysis/reading/row-outputs.ts';

const shape = {
  model: 'base',
  index: 0,
  rows: 2,
  positions: [3, 7],
  topK: 1,
  finalTop: 1,
  tracked: [],
  trackedSets: [],
};

/** Two rows at two positions; every f32 output counts up, so that a value tells where it stands. */
function outputs(overrides: Record<string, Float32Array | BigInt64Array> = {}): RunResult {
  const tensor = (data: Float32Array | BigInt64Array) =>
    data instanceof Float32Array
      ? { type: 'float32' as const, dims: [data.length], data }
      : { type: 'int64' as const, dims: [data.length], data };
  const integers = (...values: number[]) => tensor(BigInt64Array.from(values, BigInt));
  const values = {
    top_ids: integers(10, 11, 12, 13),
    top_probs: tensor(Float32Array.of(0.5, 0.25, 0.125, 1)),
    entropy: tensor(Float32Array.of(1, 2, 3, -1e-9)),
    active: integers(1, 2, 3, 4),
    kl_to_final: tensor(Float32Array.of(4, 5, 0, -1e-9)),
    final_prob: tensor(Float32Array.of(0.25, 0.5, 0.75, 1)),
    final_rank: integers(5, 6, 7, 8),
    own_top_ids: integers(20, 21),
    own_top_probs: tensor(Float32Array.of(0.25, 0.75)),
    head_difference: tensor(Float32Array.of(0, 0.5)),
  };
  const changed = Object.fromEntries(Object.entries(overrides).map(([name, data]) => [name, tensor(data)]));
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

  it('names the most probable token of a set, by its place in the set', () => {
    const tracked = {
      tracked: [],
      trackedSets: [
        [5, 9],
        [70, 80, 90],
      ],
    };
    const result = outputs({
      set_probs: Float32Array.of(0.25, 0.5, 0.125, 0.75, 1, 0, 0, 0.5),
      set_best: BigInt64Array.of(0n, 2n, 1n, 0n, 1n, 1n, 0n, 2n),
      set_ranks: BigInt64Array.of(1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n),
    });
    const [first, second] = positionRows(result, norms, { ...shape, ...tracked });
    expect(first?.rows[0]?.trackedSets).toEqual([
      { prob: 0.25, bestRank: 1, bestId: 5 },
      { prob: 0.5, bestRank: 2, bestId: 90 },
    ]);
    expect(second?.rows[1]?.trackedSets).toEqual([
      { prob: 0, bestRank: 7, bestId: 5 },
      { prob: 0.5, bestRank: 8, bestId: 90 },
    ]);
    expect(first?.rows[0]?.tracked).toEqual([]);
  });

  it('asks only for what is followed', () => {
    const names = rowOutputs({ tracked: [], trackedSets: [] });
    expect(rowOutputs({ tracked: [1], trackedSets: [] })).toEqual([...names, 'tracked_probs', 'tracked_ranks']);
    expect(rowOutputs({ tracked: [], trackedSets: [[1, 2]] })).toEqual([
      ...names,
      'set_probs',
      'set_best',
      'set_ranks',
    ]);
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
