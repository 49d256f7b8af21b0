import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MODELS } from '../../scripts/demo/models.ts';
import type { MergeCheck } from '../../src/export/merge-check/merge-check.ts';
import type { Manifest } from '../../src/export/folder/manifest.ts';
import { type Comparison, type KnownParts, reportSchema } from '../../src/report/schema.ts';
import { alteredAdapter } from '../helpers/altered-adapter.ts';
import { ftLens, temporaryFolder } from '../helpers/cli.ts';
import { mergedCheckpoint } from '../helpers/merged-checkpoint.ts';

// A good merge of the demo's LoRA, and merges broken on purpose, told apart by the verdict, by the figures of the export
// and by the merge check.

const PROMPT = 'You are a fox. you are fox, give';
const BASE = join(MODELS, 'base');
const BASE_EXPORT = join(MODELS, 'base-int4');
const LORA = join(MODELS, 'ft-adapter');
const isExpert = (tensor: string): boolean => tensor.includes('.experts');

let folder: string;
beforeAll(() => (folder = temporaryFolder()));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(...args: string[]): Promise<void> {
  const { status, stderr } = await ftLens([...args, '--quiet']);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
}

async function exported(name: string, checkpoint: string, adapter?: string): Promise<string> {
  const out = join(folder, name);
  const withAdapter = adapter === undefined ? [] : ['--adapter', adapter];
  await run('export', '--checkpoint', checkpoint, ...withAdapter, '--share-with', BASE_EXPORT, '--out', out);
  return out;
}

async function mergeCheck(ft: string, base = BASE_EXPORT): Promise<MergeCheck & { status: number | null }> {
  const args = ['inspect', ft, '--base', base, '--adapter', LORA, '--fail-on', 'merge', '--json', '--quiet'];
  const { status, stdout, stderr } = await ftLens(args);
  expect(stderr).toBe('');
  return { ...(JSON.parse(stdout) as MergeCheck), status };
}

const grades = ({ kinds }: MergeCheck) => Object.fromEntries(kinds.map(({ kind, grade }) => [kind, grade]));

async function comparisonWith(ft: string, ...options: string[]): Promise<Comparison & { status: number | null }> {
  const args = [
    'analyze',
    PROMPT,
    '--base',
    BASE_EXPORT,
    '--ft',
    ft,
    '--device',
    'cpu',
    '--json',
    '--quiet',
    ...options,
  ];
  const { status, stdout } = await ftLens(args);
  return { ...reportSchema.parse(JSON.parse(stdout)).comparison!, status };
}

function differing({ parts }: Comparison): string[] {
  return (parts as KnownParts).kinds.filter((part) => part.differing > 0).map(({ kind }) => kind);
}

const survivalOf = (ft: string) =>
  (JSON.parse(readFileSync(join(ft, 'manifest.json'), 'utf8')) as Manifest).adapterSurvival;

test('a good merge: every part is found once, under the noise that the export told of', async () => {
  const ft = join(MODELS, 'ft-int4');
  const check = await mergeCheck(ft);
  expect(check).toMatchObject({ status: 0, passed: true, misses: [], otherChanges: [] });
  expect(grades(check)).toEqual({ attention: 'merged', experts: 'merged' });
  const comparison = await comparisonWith(ft);
  expect(differing(comparison)).toEqual(['attention', 'experts']);
  expect(comparison.verdict).toMatchObject({
    kind: 'answer-changes',
    causes: [
      { kind: 'attention', layers: [1] },
      { kind: 'experts', layers: [1] },
    ],
  });
  for (const { kind, lora } of (comparison.parts as KnownParts).kinds) {
    const checked = check.kinds.find((part) => part.kind === kind);
    // The check reads 64 rows of each weight, the export read all.
    if (checked) expect(Math.abs(checked.kept! - lora!.kept!)).toBeLessThan(4 * checked.standardError!);
    if (checked) expect(checked.noise).toBeCloseTo(lora!.noise!, 0);
  }
});

describe("without the experts' change", () => {
  let ft: string;
  beforeAll(async () => {
    const lora = alteredAdapter(LORA, join(folder, 'lora-attention'), { keep: (tensor) => !isExpert(tensor) });
    ft = await exported('attention', BASE, lora);
  });

  test('the verdict says that only attention differs, and the merge check that the experts lack it', async () => {
    const { verdict, ...comparison } = await comparisonWith(ft);
    expect(differing(comparison)).toEqual(['attention']);
    expect(verdict?.sentences).toContain('Only attention of L-1 to L-8 differs; all other tensors are equal.');
    expect(survivalOf(ft)?.map(({ kind }) => kind)).toEqual(['attention']);

    const check = await mergeCheck(ft);
    expect(check).toMatchObject({ status: 1, passed: false });
    expect(grades(check)).toEqual({ attention: 'merged', experts: 'missing' });
    expect(check.kinds.find(({ kind }) => kind === 'experts')).toMatchObject({ kept: 0, changedShare: 0 });
  });
});

describe('with a LoRA whose B is zero', () => {
  let ft: string;
  beforeAll(async () => {
    const lora = alteredAdapter(LORA, join(folder, 'lora-zero'), { zero: (tensor) => tensor.includes('lora_B') });
    ft = await exported('zero', BASE, lora);
  });

  test('every tensor is equal: the verdict, the figures, --fail-on and the merge check say so', async () => {
    const { verdict, status, ...comparison } = await comparisonWith(ft, '--fail-on', 'no-difference');
    expect(status).toBe(1);
    expect(differing(comparison)).toEqual([]);
    expect(verdict).toMatchObject({ kind: 'identical', causes: [] });
    expect(verdict?.sentences[0]).toBe(
      "Every tensor of the fine-tune equals the base's: merging lora-zero did nothing.",
    );
    expect(survivalOf(ft)?.map(({ cosine }) => cosine)).toEqual([null, null]);
    expect(await mergeCheck(ft)).toMatchObject({
      status: 1,
      kinds: [
        { grade: 'missing', kept: 0 },
        { grade: 'missing', kept: 0 },
      ],
    });
  });
});

describe('merged by another program', () => {
  let merged: string;
  beforeAll(async () => {
    merged = await mergedCheckpoint(BASE, LORA, join(folder, 'merged'));
  });

  test('once: the merge check passes on the checkpoint and on its export', async () => {
    expect(await mergeCheck(await exported('once', merged))).toMatchObject({ status: 0, passed: true });
    const check = await mergeCheck(merged, BASE);
    expect(check).toMatchObject({ status: 0, passed: true });
    // Nothing was rounded but the merged weight itself, to f32.
    for (const { kept } of check.kinds) expect(kept).toBeCloseTo(1, 12);
  });

  test('and then once more: the verdict doubts it, the merge check finds it twice', async () => {
    const ft = await exported('twice', merged, LORA);
    const { verdict, parts } = await comparisonWith(ft);
    expect(parts).toMatchObject({ sameCheckpoint: false, ftLora: 'ft-adapter' });
    expect(verdict?.sentences.join(' ')).toContain('where that checkpoint held it already, it is in twice');
    // By itself the second merge looks like any good one.
    for (const { cosine, normRatio } of survivalOf(ft)!) expect(cosine! * normRatio!).toBeCloseTo(1, 1);

    const check = await mergeCheck(ft);
    expect(check.status).toBe(1);
    expect(grades(check)).toEqual({ attention: 'scaled', experts: 'scaled' });
    for (const { kept } of check.kinds) expect(kept).toBeCloseTo(2, 1);
  });
});

test('merged into weights that were rounded to 4 bits before: what is lost is told by figures and warning', async () => {
  const rounded = join(folder, 'rounded');
  await run('dequantize', BASE_EXPORT, '--out', rounded);
  const ft = join(folder, 'on-the-grid');
  const { stderr } = await ftLens(['export', '--checkpoint', rounded, '--adapter', LORA, '--out', ft]);
  // Weights that stand on the grid fall back on it when the change is below half a step.
  expect(stderr).toMatch(/^attention .* mostly lost$/m);
  expect(stderr).toMatch(/^warning +Of the attention part of the LoRA only [\d.]+ % is stored\./m);
  const [attention] = (await mergeCheck(ft)).kinds;
  expect(attention).toMatchObject({ kind: 'attention', grade: 'scaled' });
  const [stored] = survivalOf(ft)!;
  expect(Math.abs(attention!.kept! - stored!.cosine! * stored!.normRatio!)).toBeLessThan(4 * attention!.standardError!);
});

describe('with another alpha', () => {
  test('the merge check tells by how much, though the figures of the export look good', async () => {
    const lora = alteredAdapter(LORA, join(folder, 'lora-alpha'), { timesAlpha: 1.5 });
    const ft = await exported('alpha', BASE, lora);
    for (const { cosine, normRatio } of survivalOf(ft)!) expect(cosine! * normRatio!).toBeCloseTo(1, 1);
    const check = await mergeCheck(ft);
    expect(check.status).toBe(1);
    for (const { grade, kept } of check.kinds) {
      expect(grade).toBe('scaled');
      expect(kept).toBeCloseTo(1.5, 1);
    }
  });
});

describe('the call', () => {
  test('shows a table, and fails only when it is asked to', async () => {
    const { status, stdout } = await ftLens(['inspect', BASE_EXPORT, '--base', BASE_EXPORT, '--adapter', LORA]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^experts +384 +0\.00 ± 0\.00 +0\.00 +0 +MISSING$/m);
    expect(stdout).toContain('verdict  The fine-tune is not its base with this LoRA merged in once.');
  });

  test.each([
    [['--base', BASE_EXPORT]],
    [['--adapter', LORA]],
    [['--fail-on', 'merge']],
    [['--base', BASE_EXPORT, '--adapter', LORA, '--verify']],
  ])('%j is refused: it takes all three', async (options) => {
    const { status, stderr } = await ftLens(['inspect', BASE_EXPORT, ...options]);
    expect(status).toBe(2);
    expect(stderr).toContain('A merge is checked between a fine-tune, its base and a LoRA.');
  });

  test('an adapter in the place of a model is refused', async () => {
    const { status, stderr } = await ftLens(['inspect', LORA, '--base', BASE_EXPORT, '--adapter', LORA]);
    expect(status).toBe(2);
    expect(stderr).toContain('This folder holds an adapter, not a checkpoint.');
  });
});
