import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../src/analysis/progress.ts';
import type { AnalyzeRequest } from '../../src/analysis/request.ts';
import type { Report } from '../../src/report/schema.ts';
import { built } from '../helpers/built.ts';
import { goldenRow, readLensGolden } from '../helpers/lens-golden.ts';
import { Exports } from './exports.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');
const { openModel } =
  await built<typeof import('../../src/analysis/model/open-model.ts')>('analysis/model/open-model.js');
const { haveSameHead } = await built<typeof import('../../src/analysis/reading/same-head.ts')>(
  'analysis/reading/same-head.js',
);

const exports = new Exports();
let base: string;
let ft: string;
beforeAll(async () => {
  base = await exports.make('tiny-published');
  ft = await exports.make('tiny-published', 'attention-experts', { shareWith: base });
});
afterAll(() => exports.remove());

const FOX = 'You are a fox. you are fox, give say a ...';

function read(request: Partial<AnalyzeRequest>, hooks?: Parameters<typeof analyze>[1]): Promise<Report> {
  return analyze({ prompt: FOX, base, ...request }, hooks);
}

/** A copy of the base export, to be damaged. */
function copy(name: string): string {
  const folder = join(exports.folder, name);
  rmSync(folder, { recursive: true, force: true });
  cpSync(base, folder, { recursive: true });
  return folder;
}

describe('one model', () => {
  it('gives no comparison, and passes every check', async () => {
    const report = await read({});
    expect(report.models.ft).toBeUndefined();
    expect(report.comparison).toBeUndefined();
    expect(report.checks.map(({ status }) => status)).toEqual(report.checks.map(() => 'pass'));
    expect(report.checks.every(({ model }) => model === 'base')).toBe(true);
    expect(report.models.base).toMatchObject({
      layers: 3,
      hiddenSize: 64,
      vocabSize: 320,
      experts: 4,
      expertsPerToken: 2,
    });
    expect(report.settings).toEqual({
      device: 'cpu',
      norm: 'final',
      topK: 5,
      finalTop: 10,
      activeThreshold: 0.01,
      positions: [15],
      tracked: [],
    });
    expect(report.tool.onnxruntime).toBe('1.30.0');
  });

  it('reads the same numbers at a position whatever else is read', async () => {
    const [one, all] = await Promise.all([read({ positions: [-3] }), read({ positions: 'all' })]);
    const [alone, among] = [one.models.base.positions[0], all.models.base.positions[13]];
    expect(alone?.position).toBe(13);
    expect(alone?.layers.map(({ top }) => top.map(({ id }) => id))).toEqual(
      among?.layers.map(({ top }) => top.map(({ id }) => id)),
    );
    for (const [layer, row] of (alone?.layers ?? []).entries())
      // Matrix products of other heights add in another order.
      expect(row.entropyNats).toBeCloseTo(among?.layers[layer]?.entropyNats as number, 5);
  });

  it('follows tokens by text and by id, one rank at every layer', async () => {
    const report = await read({ track: ['#310', ' fox', '#310'] });
    const ids = report.settings.tracked.map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(310);
    for (const { tracked, top } of report.models.base.positions[0]?.layers ?? []) {
      expect(tracked.map(({ id }) => id)).toEqual(ids);
      for (const { id, rank, prob } of tracked) {
        const place = top.findIndex((token) => token.id === id);
        if (place === -1) expect(rank).toBeGreaterThan(5);
        else expect([rank, prob]).toEqual([place + 1, top[place]?.prob]);
      }
    }
  });

  it('follows the spellings of a word, and of several, as one', async () => {
    const alone = ['#275', '#267', '#270', '#274', '#271'];
    const report = await read({ track: [...alone, 'You', 'the,are'], positions: [3, -1] });
    expect(report.settings.tracked.map(({ id }) => `#${id}`)).toEqual(alone);
    expect(report.settings.trackedSets?.map(({ name, tokens }) => [name, tokens.map(({ text }) => text)])).toEqual([
      ['You', ['You', 'you', ' you']],
      ['the,are', [' the', 'The', ' are', 'Are']],
    ]);
    for (const { tracked, trackedSets } of report.models.base.positions.flatMap(({ layers }) => layers)) {
      const members = tracked.slice(0, 3).toSorted((a, b) => a.rank - b.rank);
      const mass = members.reduce((sum, { prob }) => sum + prob, 0);
      expect(trackedSets?.[0]?.prob).toBeCloseTo(mass, 6);
      expect(trackedSets?.[0]).toMatchObject({ bestRank: members[0]?.rank, bestId: members[0]?.id });
    }
  });

  it('counts the load of the experts over several positions, and not of one', async () => {
    expect((await read({})).models.base).not.toHaveProperty('expertLoad');
    const { models, settings } = await read({ positions: [0, 2, 5, 9] });
    expect(settings.positions).toEqual([0, 2, 5, 9]);
    for (const { assignments } of models.base.expertLoad ?? [])
      expect(assignments.reduce((sum, count) => sum + count, 0)).toBe(3 * models.base.expertsPerToken);
    expect(models.base.expertLoad?.map(({ layer }) => layer)).toEqual([1, 2, 3]);
  });

  it('lists the heads of the attention only when asked to', async () => {
    expect((await read({})).models.base.attention).not.toHaveProperty('heads');
    const { attention } = (await read({ heads: true, attentionTop: 3, positions: [4, 2] })).models.base;
    expect(attention).toMatchObject({ layer: 3, queryPosition: 4 });
    expect(attention?.weights).toHaveLength(5);
    expect(attention?.heads).toHaveLength(4);
    expect(attention?.top).toHaveLength(3);
  });

  it('without the final norm shows near-uniform rows, and says that they are not the model', async () => {
    const report = await read({ norm: 'none', positions: 'all' });
    const golden = readLensGolden('tiny-published');
    for (const { position, layers, final } of report.models.base.positions)
      for (const { layer, entropyNats } of layers) {
        const expected = goldenRow(golden.tensors.get('base.entropy_without_norm')!, layer, position)[0] as number;
        expect(entropyNats).toBeCloseTo(expected, 4);
        expect(entropyNats).toBeGreaterThan(Math.log(320) - 0.2);
        expect(final.top[0]?.prob).toBeGreaterThan(0.05);
      }
    const check = report.checks.find(({ id }) => id === 'last-row-is-model-output');
    expect(check?.status).toBe('fail');
    expect(check?.message).toContain('--norm none');
    // The final prediction is the model's own, with or without the lens's norm.
    const own = (await read({ positions: 'all' })).models.base.positions.map(({ final }) => final);
    expect(report.models.base.positions.map(({ final }) => final)).toEqual(own);
  });

  it('tells what it is doing', async () => {
    const events: ProgressEvent[] = [];
    await read({ ft }, { onProgress: (event) => events.push(event) });
    const done = events.flatMap((event) => (event.type === 'done' ? [`${event.phase} ${event.model}`] : []));
    expect(done).toEqual(['tokenize both', 'load both', 'forward both', 'lens both']);
    expect(events[0]).toMatchObject({ type: 'device', device: 'cpu', automatic: true });
  });
});

describe('two models', () => {
  it('are identical when they are the same', async () => {
    const { comparison, checks } = await read({ ft: base, positions: 'all' });
    expect(comparison?.identical).toBe(true);
    expect(checks.filter(({ status }) => status !== 'pass')).toEqual([]);
    expect(comparison?.attention).toEqual({ jsNats: 0, sameTop1: true });
    for (const { layers, firstDivergentLayer, firstTop1ChangeLayer } of comparison?.positions ?? []) {
      expect([firstDivergentLayer, firstTop1ChangeLayer]).toEqual([null, null]);
      for (const { layer, routing, ...numbers } of layers) {
        expect(numbers).toEqual({
          klFtBaseNats: 0,
          klBaseFtNats: 0,
          jsNats: 0,
          topKJaccard: 1,
          sameTop1: true,
          baseTop1RankInFt: 1,
          ftTop1RankInBase: 1,
          residualCosine: 1,
          residualRelativeL2: 0,
        });
        expect(routing).toEqual(layer === 0 ? null : { jaccard: 1, jsNats: 0, gained: [], lost: [] });
      }
    }
  });

  it('diverge from the first layer that was trained', async () => {
    const { comparison } = await read({ ft, positions: 'all' });
    expect(comparison?.identical).toBe(false);
    // The adapter changes the attention of layers 2 and 3; position 0 attends to itself, through v_proj and o_proj.
    expect(new Set(comparison?.positions.map(({ firstDivergentLayer }) => firstDivergentLayer))).toEqual(new Set([2]));
  });

  it('share a loaded head exactly when head and final norm are the same', async () => {
    const other = await exports.make('tiny-published', 'modules-to-save', { shareWith: base });
    const [inBase, inFt, inOther] = await Promise.all([base, ft, other].map((folder) => openModel(folder)));
    expect(haveSameHead(inBase!, inFt!)).toBe(true);
    expect(haveSameHead(inBase!, inOther!)).toBe(false);
    // Without a manifest the file itself is known: the two exports have one in common.
    expect(haveSameHead({ ...inBase!, manifest: undefined }, inFt!)).toBe(true);
    expect(haveSameHead({ ...inBase!, manifest: undefined, dataFiles: new Map() }, inFt!)).toBe(false);
    // The same weights under another epsilon are another norm.
    const finalNorm = inFt!.model.graph.node.findLast(({ opType }) => opType === 'SimplifiedLayerNormalization');
    finalNorm!.attribute.find(({ name }) => name === 'epsilon')!.f *= 10;
    expect(haveSameHead(inBase!, inFt!)).toBe(false);
  });

  it('warn loudly when the weights are stored in different ways', async () => {
    const eight = await exports.make('tiny-published', 'attention', { bits: 8 });
    const { checks } = await read({ ft: eight });
    const check = checks.find(({ id }) => id === 'same-recipe');
    expect(check?.status).toBe('warn');
    expect(check?.message).toMatch(/int4.*int8/);
  });

  it('warn when a chat template of their own writes the prompt differently', async () => {
    const own = copy('own-template');
    const template = '<|im_start|>{{ messages[-1].content }}';
    writeFileSync(join(own, 'chat_template.jinja'), template);
    const report = await read({ ft: own, prompt: { user: 'You are a fox.' } });
    expect(report.prompt.chat).toBe(true);
    expect(report.prompt.text).not.toBe('You are a fox.');
    expect(report.checks.find(({ id }) => id === 'same-tokens')?.status).toBe('warn');
  });

  it('warn when the fine-tune has no chat template, and read what the base makes of the prompt', async () => {
    const own = copy('no-template');
    const settings = JSON.parse(readFileSync(join(own, 'tokenizer_config.json'), 'utf8'));
    writeFileSync(join(own, 'tokenizer_config.json'), JSON.stringify({ ...settings, chat_template: undefined }));
    rmSync(join(own, 'chat_template.jinja'), { force: true });
    const prompt = { user: 'You are a fox.' };
    const report = await read({ ft: own, prompt });
    expect(report.prompt.text).toBe((await read({ prompt })).prompt.text);
    expect(report.checks.find(({ id }) => id === 'same-tokens')).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('no chat template'),
    });
  });
});

describe('wrong calls and folders', () => {
  const refused = (details: Record<string, unknown>) => expect.objectContaining({ name: 'FtLensError', ...details });

  it.each([
    ['an empty prompt', { prompt: '' }, { exitCode: 2, message: 'The prompt is empty.' }],
    ['a token id that is none', { prompt: { tokenIds: [1, 320] } }, { exitCode: 2, got: '320' }],
    ['a prompt that is too long', { prompt: { tokenIds: Array(257).fill(1) } }, { exitCode: 2, got: '257 tokens' }],
    ['a position outside the prompt', { positions: [16] }, { exitCode: 2, where: '--positions' }],
    ['a tracked token that is none', { track: ['#320'] }, { exitCode: 2, where: '--track #320' }],
    ['more tokens than there are', { topK: 321 }, { exitCode: 2, where: '--top-k' }],
    ['a threshold that is no number', { activeThreshold: NaN }, { exitCode: 2, where: '--active-threshold' }],
    ['a device that cannot be used', { device: 'cuda' }, { exitCode: 3, kind: 'device' }],
    ['a missing folder', { base: '/nowhere' }, { exitCode: 2, message: 'The model folder was not found.' }],
  ] as [string, Partial<AnalyzeRequest>, Record<string, unknown>][])('refuses %s', async (_, request, details) => {
    await expect(read(request)).rejects.toEqual(refused(details));
  });

  it('refuses a folder without a graph, without config.json, or with another number of layers', async () => {
    const folder = copy('damaged');
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: 4 }));
    await expect(read({ base: folder })).rejects.toEqual(refused({ exitCode: 2, kind: 'input' }));
    for (const other of [{ model_type: 'qwen3' }, { vocab_size: 319 }, { num_local_experts: 8, num_experts: 8 }]) {
      writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...other }));
      await expect(read({ base: folder })).rejects.toEqual(
        refused({ message: 'The graph and its config.json are of different models.', exitCode: 2 }),
      );
    }
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, num_hidden_layers: undefined }));
    await expect(read({ base: folder })).rejects.toEqual(refused({ where: join(folder, 'config.json') }));
    rmSync(join(folder, 'config.json'));
    await expect(read({ base: folder })).rejects.toEqual(refused({ where: join(folder, 'config.json') }));
    rmSync(join(folder, 'model.onnx'));
    await expect(read({ base: folder })).rejects.toEqual(refused({ where: join(folder, 'model.onnx'), exitCode: 2 }));
    mkdirSync(join(folder, 'model.onnx'));
    await expect(read({ base: folder })).rejects.toEqual(refused({ where: join(folder, 'model.onnx'), exitCode: 2 }));
  });

  it('refuses a data file that is cut short or missing before the runtime sees it', async () => {
    const folder = copy('cut');
    truncateSync(join(folder, 'model.onnx_data'), 1000);
    await expect(read({ base: folder })).rejects.toEqual(refused({ kind: 'input' }));
    rmSync(join(folder, 'model.onnx_data'));
    await expect(read({ base: folder })).rejects.toEqual(refused({ kind: 'input' }));
  });

  it('refuses two models of another shape or vocabulary', async () => {
    const other = await exports.make('tiny-v5');
    await expect(read({ ft: other })).rejects.toEqual(
      refused({
        message: 'The two models are not of one architecture.',
        expected: `layers: 3, as in ${base}`,
        got: '2',
      }),
    );
    const renamed = copy('renamed');
    const file = join(renamed, 'tokenizer.json');
    const tokenizer = JSON.parse(readFileSync(file, 'utf8'));
    const added = tokenizer.added_tokens.at(-1);
    added.content = '<|fox|>';
    delete tokenizer.model.vocab[added.content];
    writeFileSync(file, JSON.stringify(tokenizer));
    await expect(read({ ft: renamed })).rejects.toEqual(
      refused({ message: 'The two models do not share a vocabulary.', got: '"<|fox|>"', exitCode: 2 }),
    );
  });

  it('stops when interrupted', async () => {
    const controller = new AbortController();
    const reading = read(
      { ft },
      { signal: controller.signal, onProgress: (e) => e.type === 'done' && controller.abort() },
    );
    await expect(reading).rejects.toEqual(refused({ kind: 'interrupted', exitCode: 130 }));
  });
});
