import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { promptIds } from '../../scripts/bench/prompt.ts';
import { syntheticShape } from '../../scripts/synthetic/shapes.ts';
import { syntheticSource } from '../../scripts/synthetic/source.ts';
import { exportFrom } from '../../src/export/export-model.ts';
import type { Report } from '../../src/report/schema.ts';
import { built } from '../helpers/built.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');

const shape = syntheticShape('tiny', { layers: 6 });
const folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
let report: Report;

beforeAll(async () => {
  const [base, ft] = [join(folder, 'base'), join(folder, 'ft')];
  const adapter = { targets: ['attention'], rank: 4, alpha: 8, dora: false } as const;
  for (const [out, change, shareWith] of [
    [base, undefined, undefined],
    [ft, adapter, base],
  ] as const) {
    const source = await syntheticSource(shape, 0, change);
    await exportFrom(source, { out, shareWith }).finally(() => source.close());
  }
  const tokenIds = promptIds(64, shape.tokens);
  report = await analyze({ prompt: { tokenIds }, base, ft, positions: 'all', device: 'cpu' });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('grows its states by the factor that its weights were drawn for', () => {
  const growths = report.models.base.positions.map(
    ({ layers }) => layers.at(-1)!.residualNorm / layers[0]!.residualNorm,
  );
  const mean = growths.reduce((sum, growth) => sum + growth, 0) / growths.length;
  // The estimates of what attention and experts add are rough: 1.08 a layer within 0.02.
  expect(mean).toBeGreaterThan(1.06 ** shape.layers);
  expect(mean).toBeLessThan(1.1 ** shape.layers);
});

it('chooses every expert in every layer', () => {
  for (let layer = 1; layer <= shape.layers; layer++) {
    const chosen = report.models.base.positions.flatMap(({ routing }) => routing[layer - 1]!.experts);
    expect(new Set(chosen.map(({ expert }) => expert)).size, `layer ${layer}`).toBe(shape.experts);
  }
});

it('has an adapter that changes the answer, and not all of it', () => {
  const divergences = report.comparison!.positions.map(({ layers }) => layers.at(-1)!.jsNats);
  const mean = divergences.reduce((sum, js) => sum + js, 0) / divergences.length;
  expect(mean).toBeGreaterThan(1e-3);
  expect(mean).toBeLessThan(Math.LN2 / 2);
  expect(report.comparison!.positions.every(({ layers }) => layers[0]!.jsNats === 0)).toBe(true);
});
