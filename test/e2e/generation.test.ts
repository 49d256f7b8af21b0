import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODELS } from '../../scripts/demo/models.ts';
import type { AnalyzeRequest } from '../../src/analysis/request.ts';
import { decodeModel, encodeModel } from '../../src/onnx/model.ts';
import type { ContinuationReport, GenerationReport } from '../../src/report/schema.ts';
import { built } from '../helpers/built.ts';
import { ftLens } from '../helpers/cli.ts';
import { type GenerationPrompt, readGenerationGolden } from '../helpers/generation-golden.ts';
import { Exports } from './exports.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');

/** That of test/golden/HOW.md for probabilities: f32 sums in another order, and nothing else. */
const PROBABILITY = 1e-5;

const golden = readGenerationGolden();
const exports = new Exports();
afterAll(() => exports.remove());

const generate = golden.mostTokens;

function promptOf({ ids, user }: GenerationPrompt): AnalyzeRequest['prompt'] {
  return user === undefined ? { tokenIds: ids } : { user };
}

async function generationOf(request: Omit<AnalyzeRequest, 'device'>): Promise<GenerationReport> {
  const report = await analyze({ ...request, device: 'cpu' });
  expect(report.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
  return report.generation!;
}

function expectAsGolden({ continuations, firstDifference }: GenerationReport, prompt: GenerationPrompt): void {
  const { base, ft } = prompt.continuations;
  expect(continuations.map(({ by }) => by)).toEqual(String(base.ids) === String(ft.ids) ? ['both'] : ['base', 'ft']);
  for (const continuation of continuations) {
    const expected = continuation.by === 'ft' ? ft : base;
    const { tokens, stoppedBy } = continuation;
    expect(tokens.map(({ id }) => id)).toEqual(expected.ids);
    expect(stoppedBy).toBe(expected.stoppedBy);
    expect(tokens.map(({ position }) => position)).toEqual(expected.ids.map((_, i) => prompt.ids.length + i));
    for (const model of ['base', 'ft'] as const) {
      expect(tokens.map((token) => token[model]?.rank)).toEqual(expected[model].ranks);
      for (const [i, token] of tokens.entries())
        expect(Math.abs(token[model]!.prob - expected[model].probs[i]!)).toBeLessThan(PROBABILITY);
    }
    const judge = continuation.by === 'ft' ? expected.base : expected.ft;
    expect(continuation.shifts).toEqual({
      unshifted: judge.ranks.filter((rank) => rank === 1).length,
      marginal: judge.ranks.filter((rank) => rank === 2 || rank === 3).length,
      shifted: judge.ranks.filter((rank) => rank > 3).length,
    });
  }
  const parted = base.ids.findIndex((id, i) => id !== ft.ids[i]);
  expect(firstDifference).toBe(continuations.length === 1 ? null : parted === -1 ? base.ids.length : parted);
}

describe.each(Object.entries(golden.pairs))('%s', (name, prompts) => {
  const [checkpoint, adapter] = name.split('.') as [string, string];
  const isDemo = checkpoint === 'demo';
  const folderOf = (part?: string): Promise<string> =>
    isDemo ? Promise.resolve(join(MODELS, `${part ?? 'base'}-int4`)) : exports.make(checkpoint, part);

  it.each(prompts)(
    'writes what Hugging Face writes, and makes of it what Hugging Face makes: $name',
    async (prompt) => {
      const [base, ft] = [await folderOf(), await folderOf(adapter)];
      expectAsGolden(await generationOf({ prompt: promptOf(prompt), base, ft, generate }), prompt);
    },
  );
});

/** Everything that the lens says at the positions of a continuation. */
function readings({ models, comparison }: ContinuationReport) {
  return { base: models.base.positions, ft: models.ft?.positions, pair: comparison?.positions };
}

describe('a continuation', () => {
  const ids = golden.pairs['tiny-published.attention-experts']![0]!.ids;
  const prompt = { tokenIds: ids };
  const pair = { base: '', ft: '' };
  beforeAll(async () => {
    pair.base = await exports.make('tiny-published');
    pair.ft = await exports.make('tiny-published', 'attention-experts');
  });

  it('is read as the same tokens given as a prompt are, number by number', async () => {
    const { continuations } = await generationOf({ prompt, ...pair, generate: 6, track: ['#5'] });
    expect(continuations).toHaveLength(2);
    for (const continuation of continuations) {
      const written = continuation.tokens.map(({ id }) => id);
      const forced = await analyze({
        ...pair,
        prompt: { tokenIds: [...ids, ...written.slice(0, -1)] },
        positions: written.map((_, i) => ids.length - 1 + i),
        track: ['#5'],
        device: 'cpu',
      });
      expect(readings(continuation)).toEqual({
        base: forced.models.base.positions,
        ft: forced.models.ft?.positions,
        pair: forced.comparison?.positions,
      });
    }
  });

  it('leaves the rest of the report as it is without one', async () => {
    const request = { prompt, ...pair, device: 'cpu' } as const;
    const [without, { generation, ...report }] = [await analyze(request), await analyze({ ...request, generate: 3 })];
    expect(without.generation).toBeUndefined();
    expect(generation?.requested).toBe(3);
    expect(report.models.base.positions).toEqual(without.models.base.positions);
    expect(report.models.ft?.positions).toEqual(without.models.ft?.positions);
    expect(report.comparison).toEqual(without.comparison);
  });

  it('of a model and itself shows no difference at all', async () => {
    const { continuations, firstDifference } = await generationOf({
      prompt,
      base: pair.base,
      ft: pair.base,
      generate: 8,
    });
    expect(firstDifference).toBeNull();
    expect(continuations).toHaveLength(1);
    const [{ by, comparison, tokens, shifts }] = continuations as [ContinuationReport];
    expect(by).toBe('both');
    expect(comparison?.identical).toBe(true);
    for (const { layers } of comparison?.positions ?? [])
      for (const { jsNats, residualRelativeL2 } of layers) expect([jsNats, residualRelativeL2]).toEqual([0, 0]);
    for (const token of tokens) expect(token.ft).toEqual(token.base);
    expect(shifts).toEqual({ unshifted: tokens.length, marginal: 0, shifted: 0 });
  });

  it('of a single model has no fine-tune in it', async () => {
    const { continuations, firstDifference, timing } = await generationOf({ prompt, base: pair.base, generate: 4 });
    const [{ by, tokens, shifts, comparison, models }] = continuations as [ContinuationReport];
    expect({ by, shifts, comparison, ft: models.ft, firstDifference, ftTime: timing.ft }).toEqual({
      by: 'base',
      shifts: undefined,
      comparison: undefined,
      ft: undefined,
      firstDifference: null,
      ftTime: undefined,
    });
    expect(tokens.map(({ ft, base }) => [ft, base.rank])).toEqual(tokens.map(() => [undefined, 1]));
  });

  it('may be a single token, which is the answer', async () => {
    const report = await analyze({ prompt, base: pair.base, generate: 1, device: 'cpu' });
    const [{ tokens, stoppedBy, models }] = report.generation!.continuations as [ContinuationReport];
    const [answer] = report.models.base.positions[0]!.final.top;
    expect(tokens.map(({ id, text }) => ({ id, text }))).toEqual([{ id: answer?.id, text: answer?.text }]);
    expect(tokens[0]?.base.prob).toBeCloseTo(answer!.prob, 7);
    expect(stoppedBy).toBe('length');
    expect(models.base.positions.map(({ position }) => position)).toEqual([ids.length - 1]);
  });

  it('ends where the model can read no further', async () => {
    // The fixture reads 256 tokens: the 255th and the 256th are chosen and read, the 257th is only chosen.
    const tokenIds = Array.from({ length: 254 }, (_, i) => ids[i % ids.length] as number);
    const { continuations } = await generationOf({ prompt: { tokenIds }, base: pair.base, generate: 24 });
    const [{ tokens, stoppedBy }] = continuations as [ContinuationReport];
    expect({ stoppedBy, positions: tokens.map(({ position }) => position) }).toEqual({
      stoppedBy: 'context',
      positions: [254, 255, 256],
    });
  });

  it('tells of itself token by token, and ends at once when it is interrupted', async () => {
    const steps: string[] = [];
    const controller = new AbortController();
    const running = analyze(
      { prompt, ...pair, generate: 12, device: 'cpu' },
      {
        signal: controller.signal,
        onProgress(event) {
          if (event.type !== 'step' || event.phase !== 'write') return;
          steps.push(`${event.model} ${event.detail}`);
          if (event.model === 'ft') controller.abort();
        },
      },
    );
    await expect(running).rejects.toMatchObject({ kind: 'interrupted' });
    expect(steps).toEqual([...[1, 2, 3, 4, 5, 6].map((count) => `base ${count} of 12 tokens`), 'ft 1 of 12 tokens']);
  });

  it('is refused for a model without a cache, before anything is run', async () => {
    const folder = await exports.make('tiny-tied');
    const file = join(folder, 'model.onnx');
    const model = decodeModel(new Uint8Array(readFileSync(file)), file);
    model.graph.output = model.graph.output.filter(({ name }) => !name.startsWith('present'));
    writeFileSync(file, encodeModel(model));
    // As another program would have exported it.
    rmSync(join(folder, 'manifest.json'));
    const { status, stdout, stderr } = await ftLens(['analyze', 'a', '--base', folder, '--generate', '2']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/The KV cache of this model cannot be carried on/);
    expect(stderr).toContain('leave --generate out');
    expect(stderr).not.toContain('forward');
  });

  it('over a cache that mixes up its layers is told from the right one', async () => {
    const folder = await exports.make('tiny-published', 'router');
    const file = join(folder, 'model.onnx');
    const model = decodeModel(new Uint8Array(readFileSync(file)), file);
    const swapped = new Map([
      ['present.0.key', 'present.1.key'],
      ['present.1.key', 'present.0.key'],
    ]);
    for (const node of model.graph.node) node.output = node.output.map((name) => swapped.get(name) ?? name);
    writeFileSync(file, encodeModel(model));
    rmSync(join(folder, 'manifest.json'));
    const { checks } = await analyze({ prompt, base: folder, generate: 16, device: 'cpu' });
    const check = checks.find(({ id }) => id === 'cache-agrees-with-whole-pass');
    expect(check).toMatchObject({ status: 'fail', message: expect.stringContaining('does not hold what it should') });
  });

  it.each(['0', '-1', '2.5', '1025', 'many'])('of %s tokens is a wrong call', async (count) => {
    const { status, stderr } = await ftLens(['analyze', 'a', '--base', pair.base, `--generate=${count}`]);
    expect(status).toBe(2);
    expect(stderr).toContain('--generate');
  });

  it('is shown, and stands in every format of a saved report', async () => {
    const args = [
      '--token-ids',
      ids.join(),
      '--base',
      pair.base,
      '--ft',
      pair.ft,
      '--generate',
      '5',
      '--device',
      'cpu',
    ];
    const { status, stdout } = await ftLens(['analyze', ...args]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Generation {2}greedy, up to 5 tokens/m);
    const saved = join(exports.folder, 'report.json');
    expect((await ftLens(['analyze', ...args, '--json', '-o', saved])).status).toBe(0);
    const rendered = await ftLens(['render', saved, '--format', 'csv']);
    expect(rendered.stdout).toMatch(/^ft,17,,generation\.base\.tokens\.rank,2,270,/m);
    expect((await ftLens(['render', saved, '--format', 'html'])).stdout).toContain('--generate 5');
  });
});
