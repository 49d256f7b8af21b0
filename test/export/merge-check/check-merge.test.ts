import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ExportRequest, exportModel } from '../../../src/export/export-model.ts';
import { checkMerge } from '../../../src/export/merge-check/check-merge.ts';
import type { MergeCheck } from '../../../src/export/merge-check/merge-check.ts';
import { alteredAdapter } from '../../helpers/altered-adapter.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const checkpoint = (name: string): string => join(FIXTURES, name);
const adapter = (name: string, of = 'tiny-published'): string => join(FIXTURES, 'adapters', of, name);

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'ft-lens-merge-'))));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
async function exported(request: Omit<ExportRequest, 'out'>): Promise<string> {
  const out = join(folder, String(count++));
  await exportModel({ ...request, out });
  return out;
}

const grades = ({ kinds }: MergeCheck) => Object.fromEntries(kinds.map(({ kind, grade }) => [kind, grade]));

interface GoldenEstimate {
  readonly kept: number;
  readonly noise: number;
  readonly standardError: number;
  readonly changed: number;
}

type Golden = Record<string, { readonly kinds: Record<string, GoldenEstimate> }>;

describe('between two exports, against numpy in float64', () => {
  const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../../golden/merge-check.json'), 'utf8')) as Golden;
  let base: string;
  beforeAll(async () => {
    base = await exported({ checkpoint: checkpoint('tiny-published') });
  });

  it.each(Object.keys(golden))('%s', async (name) => {
    const ft = await exported({ checkpoint: checkpoint('tiny-published'), adapter: adapter(name) });
    const check = await checkMerge({ base, ft, adapter: adapter(name), allRows: true });
    expect(check).toMatchObject({ passed: true, misses: [], otherChanges: [] });
    const expected = golden[name]!.kinds;
    expect(check.kinds.map(({ kind }) => kind).sort()).toEqual(Object.keys(expected).sort());
    for (const { kind, kept, noise, standardError, changedShare } of check.kinds) {
      const { changed, ...estimate } = expected[kind]!;
      // The adapter's change is here the difference of two f32 weights, each rounded by 2^-24 of itself; the smallest
      // change is 0.4 % of its weights, so that it is known to about 2^-16.
      for (const [got, wanted] of [
        [kept, estimate.kept],
        [noise, estimate.noise],
        [standardError, estimate.standardError],
      ]) {
        expect(Math.abs(got! - wanted!)).toBeLessThan(2e-5 * Math.max(1, wanted!));
      }
      expect(changedShare).toBe(changed);
    }
  });
});

describe('every form of adapter, merged once, is found merged once', () => {
  const FORMS = [
    ['tiny-published', 'attention'],
    ['tiny-published', 'dora'],
    ['tiny-published', 'patterns'],
    ['tiny-published', 'per-expert-rslora'],
    ['tiny-published', 'embedding-head'],
    ['tiny-published', 'modules-to-save'],
    ['tiny-v5', 'fused'],
    ['tiny-v5', 'router-parameter'],
    ['tiny-tied', 'attention-fused-down'],
    ['tiny-tied', 'embedding'],
  ] as const;

  it.each(FORMS)('%s, %s', async (model, name) => {
    const base = await exported({ checkpoint: checkpoint(model) });
    const ft = await exported({ checkpoint: checkpoint(model), adapter: adapter(name, model) });
    const check = await checkMerge({ base, ft, adapter: adapter(name, model) });
    expect(check).toMatchObject({ passed: true, misses: [], otherChanges: [] });
    // The base may be the checkpoint as well: then there is no telling what else differs.
    const other = await checkMerge({ base: checkpoint(model), ft, adapter: adapter(name, model) });
    expect(other).toMatchObject({ passed: true, otherChanges: null });
  });
});

describe('a merge that went wrong', () => {
  const source = { checkpoint: checkpoint('tiny-published') };
  const lora = adapter('attention-experts');
  const isExpert = (tensor: string): boolean => tensor.includes('.experts.');
  let base: string;
  beforeAll(async () => {
    base = await exported(source);
  });
  const spoilt = (alterations: Parameters<typeof alteredAdapter>[2]): string =>
    alteredAdapter(lora, join(folder, `adapter-${count++}`), alterations);

  it("without the experts' change is told by the part", async () => {
    const ft = await exported({ ...source, adapter: spoilt({ keep: (tensor) => !isExpert(tensor) }) });
    const check = await checkMerge({ base, ft, adapter: lora });
    expect(check.passed).toBe(false);
    expect(grades(check)).toEqual({ attention: 'merged', experts: 'missing' });
    expect(check.kinds[1]).toMatchObject({ kept: 0, standardError: 0, changedShare: 0 });
    expect(check.misses).toHaveLength(12);
  });

  it('that fell back to the base for one expert is told by the weight', async () => {
    const ft = await exported({ ...source, adapter: spoilt({ keep: (tensor) => !tensor.includes('.experts.2.') }) });
    const check = await checkMerge({ base, ft, adapter: lora });
    expect(grades(check)).toEqual({ attention: 'merged', experts: 'partly' });
    expect(check.kinds[1]?.weights).toMatchObject({ all: 12, merged: 9, missing: 3 });
    expect(check.misses.map(({ weight }) => weight).sort()).toEqual(
      ['down', 'gate', 'up'].map((projection) => `model.layers.2.mlp.experts.2.${projection}_proj.weight`),
    );
  });

  it('of an adapter whose B is zero has nothing to prove', async () => {
    const zero = spoilt({ zero: (tensor) => tensor.includes('lora_B') });
    const ft = await exported({ ...source, adapter: zero });
    expect(await checkMerge({ base, ft, adapter: zero })).toMatchObject({
      passed: false,
      kinds: [{ grade: 'zero' }, { grade: 'zero' }],
      otherChanges: [],
    });
    expect(grades(await checkMerge({ base, ft, adapter: lora }))).toEqual({ attention: 'missing', experts: 'missing' });
  });

  it.each([
    ['twice', 2],
    ['with another alpha', 0.5],
    ['the wrong way round', -1],
  ])('%s is told by the size', async (_, timesAlpha) => {
    const ft = await exported({ ...source, adapter: spoilt({ timesAlpha }) });
    const check = await checkMerge({ base, ft, adapter: lora });
    expect(grades(check)).toEqual({ attention: 'scaled', experts: 'scaled' });
    // Four standard errors of these fixtures are 0.05 at most.
    for (const { kept } of check.kinds) expect(kept).toBeCloseTo(timesAlpha, 1);
  });

  it('into another base is told by the weights that the adapter does not name', async () => {
    const experts = alteredAdapter(lora, join(folder, 'experts'), { keep: isExpert });
    const attention = alteredAdapter(lora, join(folder, 'attention'), { keep: (tensor) => !isExpert(tensor) });
    const ft = await exported({ ...source, adapter: lora });
    const check = await checkMerge({ base, ft, adapter: experts });
    expect(check).toMatchObject({ passed: true, otherChanges: [{ kind: 'attention', weights: 12, differing: 8 }] });
    expect(await checkMerge({ base, ft, adapter: attention })).toMatchObject({
      passed: true,
      otherChanges: [{ kind: 'experts', weights: 36, differing: 12 }],
    });
  });
});

describe('what does not belong together', () => {
  it('is refused: models of two architectures', async () => {
    await expect(
      checkMerge({
        base: checkpoint('tiny-v5'),
        ft: checkpoint('tiny-published'),
        adapter: adapter('fused', 'tiny-v5'),
      }),
    ).rejects.toMatchObject({ kind: 'input', message: 'The fine-tune and its base are not of one architecture.' });
  });

  it('is refused: an adapter of another model', async () => {
    const folderOf = checkpoint('tiny-published');
    await expect(
      checkMerge({ base: folderOf, ft: folderOf, adapter: adapter('fused', 'tiny-v5') }),
    ).rejects.toMatchObject({ kind: 'input' });
  });

  it('stops when it is told to', async () => {
    const reason = new Error('stop');
    const folderOf = checkpoint('tiny-published');
    await expect(
      checkMerge(
        { base: folderOf, ft: folderOf, adapter: adapter('attention') },
        { signal: AbortSignal.abort(reason) },
      ),
    ).rejects.toBe(reason);
  });
});
