import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/analysis/engine/engine.ts';
import type { RunResult } from '../../src/analysis/engine/run-result.ts';
import { floatTensor } from '../../src/analysis/engine/tensors.ts';
import { addPairStatistics } from '../../src/analysis/lens/graphs/pair-statistics.ts';
import { residualGeometryGraph } from '../../src/analysis/lens/graphs/residual-geometry.ts';
import { addRowStatistics } from '../../src/analysis/lens/graphs/row-statistics.ts';
import { type Softmax, StatisticsGraph } from '../../src/analysis/lens/graphs/statistics-graph.ts';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../src/onnx/model.ts';
import { normals } from '../analysis/lens/random.ts';
import * as reference from '../analysis/lens/reference.ts';
import { built } from '../helpers/built.ts';

let engine: Engine;
beforeAll(async () => {
  const module = await built<typeof import('../../src/analysis/engine/engine.ts')>('analysis/engine/engine.js');
  engine = new module.Engine({ kind: 'cpu' });
});
afterAll(() => engine.close());

/** Logits of R rows × p positions as one tensor, and row by row for the reference. */
interface Logits {
  readonly rows: number;
  readonly positions: number;
  readonly vocabulary: number;
  readonly data: Float32Array;
}

function at({ positions, vocabulary, data }: Logits, row: number, position: number): Float32Array {
  const start = (row * positions + position) * vocabulary;
  return data.subarray(start, start + vocabulary);
}

/** The logits of several models as one tensor. */
function tensor(...models: readonly Logits[]) {
  const [{ rows, positions, vocabulary }] = models as [Logits];
  const data = Float32Array.from(models.flatMap((model) => [...model.data]));
  return floatTensor(data, [models.length, rows, positions, vocabulary]);
}

/** A graph of statistics over logits that are fed to it. */
function statisticsGraph(
  vocabulary: number,
  tops: { readonly topK: number; readonly finalTop: number },
  add: (graph: StatisticsGraph, lens: Softmax, own: Softmax, ownLogits: string) => void,
): Uint8Array {
  const model = emptyModel('statistics', 21);
  const builder = new GraphBuilder(model);
  const [logits, own] = ['logits', 'own_logits'].map((name) =>
    builder.input(name, DataType.FLOAT, ['models', `rows of ${name}`, 'positions', vocabulary]),
  ) as [string, string];
  const graph = new StatisticsGraph(builder, vocabulary);
  add(graph, graph.softmax('/lens', logits, tops.topK), graph.softmax('/own', own, tops.finalTop), own);
  return encodeModel(model);
}

function randomLogits(rows: number, positions: number, vocabulary: number, seed: number, scale: number): Logits {
  return { rows, positions, vocabulary, data: normals(rows * positions * vocabulary, seed, scale) };
}

/** f32 logits carry 24 bits: with logits of some tens the logarithm of a probability is good to about 2e-6. */
const NATS = 1e-5;
const PROBABILITY = 1e-6;

const options = {
  topK: 5,
  finalTop: 10,
  activeThreshold: 0.01,
  tracked: [3, 0],
  trackedSets: [
    [3, 0, 77],
    [4, 129, 5, 2, 1],
  ],
};

async function rowStatistics(logits: Logits, own: Float32Array, overrides: Partial<typeof options> = {}) {
  const settings = { ...options, ...overrides, rows: logits.rows };
  const graph = statisticsGraph(logits.vocabulary, settings, (statistics, lens, final) =>
    addRowStatistics(statistics, lens, final, settings),
  );
  const session = await engine.createSession(graph, 'row statistics');
  const names = ['top_ids', 'top_probs', 'entropy', 'active', 'kl_to_final', 'final_prob', 'final_rank'];
  const tracked = settings.tracked.length > 0 ? ['tracked_probs', 'tracked_ranks'] : [];
  const sets = settings.trackedSets.length > 0 ? ['set_probs', 'set_best', 'set_ranks'] : [];
  const result = await session.run(
    {
      logits: tensor(logits),
      own_logits: floatTensor(own, [1, 1, logits.positions, logits.vocabulary]),
    },
    { fetch: [...names, ...tracked, ...sets, 'own_top_ids', 'own_top_probs', 'head_difference'] },
  );
  await session.release();
  return result;
}

/** Every output of the row statistics against the reference. */
function expectRowStatistics(result: RunResult, logits: Logits, own: Float32Array): void {
  for (let row = 0; row < logits.rows; row += 1)
    for (let position = 0; position < logits.positions; position += 1) {
      const index = row * logits.positions + position;
      const values = at(logits, row, position);
      const probabilities = reference.softmax(values);
      const final = own.subarray(position * logits.vocabulary, (position + 1) * logits.vocabulary);
      const finalId = reference.top(final, 1)[0] as number;

      const ids = result.integers('top_ids').slice(index * options.topK, (index + 1) * options.topK);
      expect(ids).toEqual(reference.top(values, options.topK));
      for (const [place, id] of ids.entries())
        expect(result.floats('top_probs')[index * options.topK + place]).toBeCloseTo(probabilities[id] as number, 6);
      expectWithin(result.floats('entropy')[index], reference.entropy(values), NATS);
      expect(result.integers('active')[index]).toBe(probabilities.filter((p) => p > options.activeThreshold).length);
      const divergence = reference.kl(at(logits, logits.rows - 1, position), values);
      // Of large divergences f32 carries fewer places after the point.
      expectWithin(result.floats('kl_to_final')[index], divergence, Math.max(NATS, divergence * 2 ** -22));
      expectWithin(result.floats('final_prob')[index], probabilities[finalId] as number, PROBABILITY);
      expect(result.integers('final_rank')[index]).toBe(reference.rank(values, finalId));
      for (const [place, id] of options.tracked.entries()) {
        const entry = index * options.tracked.length + place;
        expectWithin(result.floats('tracked_probs')[entry], probabilities[id] as number, PROBABILITY);
        expect(result.integers('tracked_ranks')[entry]).toBe(reference.rank(values, id));
      }
      for (const [place, set] of options.trackedSets.entries()) {
        const entry = index * options.trackedSets.length + place;
        const mass = set.reduce((sum, id) => sum + (probabilities[id] as number), 0);
        const best = set.findIndex((id) => set.every((other) => values[id]! >= values[other]!));
        expectWithin(result.floats('set_probs')[entry], mass, set.length * PROBABILITY);
        expect(result.integers('set_best')[entry]).toBe(best);
        expect(result.integers('set_ranks')[entry]).toBe(reference.rank(values, set[best] as number));
      }
    }
}

function expectWithin(actual: number | undefined, expected: number, tolerance: number): void {
  expect(Math.abs((actual ?? Number.NaN) - expected), `${actual} against ${expected}`).toBeLessThanOrEqual(tolerance);
}

function largest(values: Iterable<number>): number {
  return Array.from(values).reduce((a, b) => Math.max(a, b));
}

describe('row statistics', () => {
  // 384 is whole blocks of 128; 1000 and 4097 are not; scale 8 gives peaked rows, 0.3 flat ones.
  it.each([
    [384, 0.3],
    [1000, 2],
    [4097, 8],
    [130, 20],
  ])('agree with the reference at a vocabulary of %i and logits of scale %d', async (vocabulary, scale) => {
    const logits = randomLogits(4, 3, vocabulary, 7, scale);
    const own = normals(3 * vocabulary, 8, scale);
    expectRowStatistics(await rowStatistics(logits, own), logits, own);
  });

  it("agree with the reference at Qwen3's vocabulary", async () => {
    const logits = randomLogits(2, 1, 151_936, 9, 3);
    const own = at(logits, 1, 0).slice();
    const result = await rowStatistics(logits, own);
    expectRowStatistics(result, logits, own);
    // Where the exponentials are split among threads decides their last bit, and that depends on the shape.
    expectWithin(result.floats('head_difference')[0], 0, 1e-7);
    expect(result.floats('kl_to_final')[1]).toBe(0);
  });

  it('order equal logits by id and give them one rank', async () => {
    const data = new Float32Array(1000);
    data.fill(4, 990);
    const logits = { rows: 1, positions: 1, vocabulary: 1000, data };
    const result = await rowStatistics(logits, data);
    expect(result.integers('top_ids')).toEqual([990, 991, 992, 993, 994]);
    expect(result.integers('tracked_ranks')).toEqual([11, 11]);
    expect(result.integers('final_rank')).toEqual([1]);
    expectRowStatistics(result, logits, data);
  });

  it('give exactly ln V for a row of zeros', async () => {
    const data = new Float32Array(1000);
    const result = await rowStatistics({ rows: 1, positions: 1, vocabulary: 1000, data }, data);
    expect(result.floats('entropy')[0]).toBe(Math.fround(Math.log(1000)));
  });

  it('never count the entries that fill the vocabulary up', async () => {
    const data = new Float32Array(10).fill(-3.0e38);
    const result = await rowStatistics({ rows: 1, positions: 1, vocabulary: 10, data }, data, { trackedSets: [] });
    expect(result.integers('own_top_ids')).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(result.integers('active')[0]).toBe(10);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'give no finite entropy for a row that holds %d',
    async (value) => {
      const data = normals(1000, 3).fill(value, 500, 501);
      const result = await rowStatistics({ rows: 1, positions: 1, vocabulary: 1000, data }, normals(1000, 3));
      expect(Number.isFinite(result.floats('entropy')[0])).toBe(false);
    },
  );

  it('measure how far the last row is from the model itself, in probability', async () => {
    const logits = randomLogits(2, 1, 1000, 11, 3);
    const own = at(logits, 1, 0).map((logit, id) => (id === 17 ? logit + 2 : logit));
    const [a, b] = [reference.softmax(at(logits, 1, 0)), reference.softmax(own)];
    const expected = largest(a.map((p, id) => Math.abs(p - (b[id] as number))));
    const result = await rowStatistics(logits, own, { tracked: [], trackedSets: [] });
    expectWithin(result.floats('head_difference')[0], expected, PROBABILITY);
  });
});

const PAIR = ['kl_ft_base', 'kl_base_ft', 'js', 'base_top_rank_in_ft', 'ft_top_rank_in_base', 'own_difference'];

async function pairStatistics(base: Logits, ft: Logits) {
  const graph = statisticsGraph(base.vocabulary, { topK: 1, finalTop: 1 }, (statistics, lens, _final, own) => {
    const [first, second] = [0, 1].map((index) => ({
      lens: statistics.pick(`/${index}`, lens, 'model', index),
      own: statistics.builder.node(`/${index}/own`, 'Gather', [own, statistics.builder.int64s([index])], {
        attributes: { axis: 0n },
      }),
    }));
    addPairStatistics(statistics, first!, second!);
  });
  const session = await engine.createSession(graph, 'pair statistics');
  const own = ({ vocabulary, ...logits }: Logits) => ({
    rows: 1,
    positions: 1,
    vocabulary,
    data: at({ vocabulary, ...logits }, logits.rows - 1, 0),
  });
  const feeds = { logits: tensor(base, ft), own_logits: tensor(own(base), own(ft)) };
  const result = await session.run(feeds, { fetch: PAIR });
  await session.release();
  return result;
}

describe('pair statistics', () => {
  it.each([
    [384, 0.3],
    [1000, 2],
    [4097, 8],
    [151_936, 3],
  ])('agree with the reference at a vocabulary of %i and logits of scale %d', async (vocabulary, scale) => {
    const base = randomLogits(3, 1, vocabulary, 21, scale);
    const noise = normals(base.data.length, 22, scale / 4);
    const ft = { ...base, data: base.data.map((logit, i) => logit + (noise[i] as number)) };
    const result = await pairStatistics(base, ft);
    for (let row = 0; row < base.rows; row += 1) {
      const [b, f] = [at(base, row, 0), at(ft, row, 0)];
      expectWithin(result.floats('kl_ft_base')[row], reference.kl(f, b), NATS);
      expectWithin(result.floats('kl_base_ft')[row], reference.kl(b, f), NATS);
      expectWithin(result.floats('js')[row], reference.jensenShannon(b, f), 1e-6);
      expect(result.integers('base_top_rank_in_ft')[row]).toBe(reference.rank(f, reference.top(b, 1)[0] as number));
      expect(result.integers('ft_top_rank_in_base')[row]).toBe(reference.rank(b, reference.top(f, 1)[0] as number));
    }
    const difference = largest(at(ft, 2, 0).map((logit, id) => Math.abs(logit - (at(base, 2, 0)[id] as number))));
    expect(result.floats('own_difference')[0]).toBe(Math.fround(difference));
  });

  it('give exactly 0 for equal logits', async () => {
    const logits = randomLogits(4, 1, 4097, 31, 6);
    const result = await pairStatistics(logits, logits);
    for (const name of ['kl_ft_base', 'kl_base_ft', 'js'])
      expect(result.floats(name).map(Math.abs)).toEqual(new Float32Array(4));
    expect(result.integers('base_top_rank_in_ft')).toEqual([1, 1, 1, 1]);
    expect(result.floats('own_difference')[0]).toBe(0);
  });

  it('stay finite and at ln 2 for distributions that share nothing', async () => {
    const base = { rows: 1, positions: 1, vocabulary: 1000, data: new Float32Array(1000).fill(200, 0, 1) };
    const ft = { ...base, data: new Float32Array(1000).fill(200, 1, 2) };
    const result = await pairStatistics(base, ft);
    expectWithin(result.floats('js')[0], Math.LN2, 1e-6);
    expectWithin(result.floats('kl_ft_base')[0], 200, 1e-3);
  });
});

describe('residual geometry', () => {
  it('agrees with f64 sums, with one dimension 10^5 times the others', async () => {
    const [rows, positions, hidden] = [3, 4, 256];
    const base = normals(rows * positions * hidden, 41).map((x, i) => (i % hidden === 7 ? x * 1e5 : x));
    const noise = normals(base.length, 42, 1e-3);
    const ft = base.map((x, i) => x + (noise[i] as number));
    const session = await engine.createSession(residualGeometryGraph(), 'residual geometry');
    const dims = [rows, positions, hidden];
    const result = await session.run(
      { base_residuals: floatTensor(base, dims), ft_residuals: floatTensor(ft, dims) },
      { fetch: ['base_base', 'ft_ft', 'base_ft', 'squared_difference', 'largest_difference'] },
    );
    await session.release();
    expect(result.dims('base_base')).toEqual([rows, positions, 1]);
    for (let row = 0; row < rows; row += 1)
      for (let position = 0; position < positions; position += 1) {
        const start = (row * positions + position) * hidden;
        const [b, f] = [base.subarray(start, start + hidden), ft.subarray(start, start + hidden)];
        const difference = Float64Array.from(f, (x, i) => x - (b[i] as number));
        const relative = (name: string, expected: number) =>
          expectWithin((result.doubles(name)[row * positions + position] as number) / expected, 1, 1e-13);
        relative('base_base', reference.dot(b, b));
        relative('ft_ft', reference.dot(f, f));
        relative('base_ft', reference.dot(b, f));
        relative('squared_difference', reference.dot(difference, difference));
        const expected = Math.fround(largest(difference.map(Math.abs)));
        expect(result.floats('largest_difference')[row * positions + position]).toBe(expected);
      }
  });
});
