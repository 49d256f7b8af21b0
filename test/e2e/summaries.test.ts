import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelReport, Report } from '../../src/report/schema.ts';
import { built } from '../helpers/built.ts';
import { Exports } from './exports.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');

/**
 * What is summed up over tokens and positions, against Hugging Face's float32 forward pass and numpy in float64.
 * Tolerances: a sum of up to four probabilities that are each within 1e-5 (test/golden/HOW.md), in truth within 2e-6;
 * router statistics follow from logits within 2e-5, and are means. Counts and ranks are equal.
 */
const TOLERANCE = { probability: 1e-5, nats: 2e-5, count: 1e-9 } as const;

interface GoldenSet {
  readonly ids: readonly number[];
  /** [layer][position] */
  readonly prob: readonly (readonly number[])[];
  readonly bestId: readonly (readonly number[])[];
  readonly bestRank: readonly (readonly number[])[];
}

interface GoldenSummary {
  readonly prompt: string;
  readonly ids: readonly number[];
  readonly models: Readonly<
    Record<
      string,
      {
        readonly sets: readonly GoldenSet[];
        readonly load: { readonly assignments: readonly (readonly number[])[]; readonly entropy: readonly number[] };
        readonly vsBase?: Readonly<
          Record<'meanShared' | 'meanJaccard' | 'meanJs' | 'entropyDelta' | 'loadJs', readonly number[]>
        >;
      }
    >
  >;
}

/** The largest error of each quantity over all tests: what a tolerance leaves unused is printed at the end. */
const largest = new Map<keyof typeof TOLERANCE, number>();
afterAll(() => console.log('largest deviations from Hugging Face', Object.fromEntries(largest)));

const exports = new Exports();
afterAll(() => exports.remove());

describe.each([
  { checkpoint: 'tiny-published', adapters: ['attention-experts', 'modules-to-save'] },
  { checkpoint: 'tiny-v5', adapters: ['fused'] },
  { checkpoint: 'tiny-tied', adapters: ['attention-fused-down'] },
])('$checkpoint', ({ checkpoint, adapters }) => {
  const golden = JSON.parse(
    readFileSync(new URL(`../golden/summaries/${checkpoint}.json`, import.meta.url), 'utf8'),
  ) as GoldenSummary;
  const track = golden.models['base']!.sets.map(({ ids }) => ids.map((id) => `#${id}`).join());
  let base: string;
  beforeAll(async () => {
    base = await exports.make(checkpoint);
  });
  const read = (ft: string): Promise<Report> =>
    analyze({ prompt: golden.prompt, base, ft, device: 'cpu', positions: 'all', track });

  it.each(adapters)('tracked sets, load and routing of base and %s', async (adapter) => {
    const report = await read(await exports.make(checkpoint, adapter, { shareWith: base }));
    expect(report.prompt.tokens.map(({ id }) => id)).toEqual(golden.ids);
    expect(report.settings.tracked).toEqual([]);
    expect(report.settings.trackedSets?.map(({ name }) => name)).toEqual(track);
    expectModel(report.models.base, golden, 'base');
    expectModel(report.models.ft!, golden, adapter);
    expectComparison(report, golden, adapter);
  });

  it('are exactly equal for identical models', async () => {
    const { comparison, models } = await read(await exports.make(checkpoint, undefined));
    expect(comparison?.routing?.largestShifts).toEqual([]);
    for (const { layer: _, ...row } of comparison?.routing?.layers ?? [])
      expect(row).toEqual({
        meanShared: models.base.expertsPerToken,
        meanJaccard: 1,
        meanJsNats: 0,
        entropyDeltaNats: 0,
        loadJsNats: 0,
        gained: [],
        lost: [],
      });
    expect(models.ft?.expertLoad).toEqual(models.base.expertLoad);
    const sets = (model: ModelReport | undefined) =>
      model?.positions.map(({ layers }) => layers.map(({ trackedSets }) => trackedSets));
    expect(sets(models.ft)).toEqual(sets(models.base));
  });
});

function expectModel(model: ModelReport, golden: GoldenSummary, name: string): void {
  const { sets, load } = golden.models[name]!;
  for (const { position, layers } of model.positions)
    for (const { layer, trackedSets } of layers)
      for (const [index, set] of sets.entries()) {
        const row = trackedSets![index]!;
        expectWithin('probability', row.prob, set.prob[layer]![position]!);
        expect(row.bestId).toBe(set.bestId[layer]![position]);
        expect(row.bestRank).toBe(set.bestRank[layer]![position]);
      }
  expect(model.expertLoad?.map(({ assignments }) => assignments)).toEqual(load.assignments);
  for (const { layer, entropyNats } of model.expertLoad ?? [])
    expectWithin('count', entropyNats, load.entropy[layer - 1]!);
}

function expectComparison(report: Report, golden: GoldenSummary, name: string): void {
  const { routing } = report.comparison!;
  const expected = golden.models[name]!.vsBase!;
  expect(routing?.positions).toEqual(golden.ids.map((_, position) => position).slice(1));
  expect(routing?.layers).toHaveLength(report.models.base.layers);
  for (const row of routing?.layers ?? []) {
    const at = row.layer - 1;
    expectWithin('count', row.meanShared, expected.meanShared[at]!);
    expectWithin('count', row.meanJaccard, expected.meanJaccard[at]!);
    expectWithin('nats', row.meanJsNats, expected.meanJs[at]!);
    expectWithin('nats', row.entropyDeltaNats, expected.entropyDelta[at]!);
    expectWithin('count', row.loadJsNats, expected.loadJs[at]!);
    const [before, after] = ['base', name].map((model) => golden.models[model]!.load.assignments[at]!);
    const changes = [...row.gained, ...row.lost];
    expect(changes.map(({ expert }) => expert).toSorted((a, b) => a - b)).toEqual(
      before!.flatMap((count, expert) => (count === after![expert] ? [] : [expert])),
    );
    for (const { expert, base, ft } of changes) expect([base, ft]).toEqual([before![expert], after![expert]]);
  }
  const byShift = expected.meanJs.map((js, index) => ({ js, layer: index + 1 })).toSorted((a, b) => b.js - a.js);
  expect(routing?.largestShifts).toEqual(byShift.filter(({ js }) => js > 1e-6).map(({ layer }) => layer));
}

function expectWithin(quantity: keyof typeof TOLERANCE, actual: number, expected: number): void {
  const error = Math.abs(actual - expected);
  largest.set(quantity, Math.max(largest.get(quantity) ?? 0, error));
  expect(error, `${quantity}: ${actual} against ${expected}`).toBeLessThanOrEqual(TOLERANCE[quantity]);
}
