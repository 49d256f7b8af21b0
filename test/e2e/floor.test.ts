import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../src/analysis/progress.ts';
import type { AnalyzeRequest } from '../../src/analysis/request.ts';
import { type Report, reportSchema } from '../../src/report/schema.ts';
import { built } from '../helpers/built.ts';
import { Exports } from './exports.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');

/** What Hugging Face says of the two exports of one checkpoint; test/golden/HOW.md tells how it was made. */
const golden = JSON.parse(
  readFileSync(new URL('../golden/floor/tiny-published.json', import.meta.url), 'utf8'),
) as Readonly<
  Record<'kl_ft_base' | 'kl_base_ft' | 'js' | 'residual_cosine' | 'residual_relative_l2', number[][]> &
    Record<'routing_js' | 'routing_jaccard', number[][]>
> & {
  readonly prompt: string;
  readonly ids: number[];
  readonly same_top1: boolean[][];
  readonly attention_js: number[];
  readonly answers: [id: number, prob: number][];
};

// f32 sums in another order; what the numbers of test/golden/HOW.md allow.
const DIVERGENCE = 1e-5;
const STATE = 2e-5;
const PROBABILITY = 1e-5;

const exports = new Exports();
let base: string;
let ft: string;
let floor: string;
/** the same export under another name */
let again: string;

function moved(from: string, name: string): string {
  const to = join(exports.folder, name);
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  return to;
}

beforeAll(async () => {
  floor = moved(await exports.make('tiny-published', undefined, { bits: 8 }), 'floor');
  base = await exports.make('tiny-published');
  ft = await exports.make('tiny-published', 'attention-experts', { shareWith: base });
  again = moved(base, 'again');
});
afterAll(() => exports.remove());

function read(request: Partial<AnalyzeRequest>, hooks?: Parameters<typeof analyze>[1]): Promise<Report> {
  return analyze({ prompt: golden.prompt, base, ft, floor, positions: 'all', ...request }, hooks);
}

describe('the noise floor', () => {
  it('is what Hugging Face finds between the two sets of weights, at every layer and position', async () => {
    const report = await read({ attentionLayers: 'all' });
    expect(report.prompt.tokens.map(({ id }) => id)).toEqual(golden.ids);
    const measured = report.comparison!.floor!;
    expect(measured.positions).toHaveLength(golden.ids.length);
    const near = (value: number, expected: number, tolerance: number): void =>
      expect(Math.abs(value - expected)).toBeLessThanOrEqual(tolerance);
    for (const { position, layers, answer } of measured.positions) {
      const [id, prob] = golden.answers[position]!;
      expect(answer.id).toBe(id);
      near(answer.prob, prob, PROBABILITY);
      expect(layers).toHaveLength(golden.js.length);
      for (const { layer, routing, ...row } of layers) {
        near(row.jsNats, golden.js[layer]![position]!, DIVERGENCE);
        near(row.klFloorBaseNats, golden.kl_ft_base[layer]![position]!, DIVERGENCE);
        near(row.klBaseFloorNats, golden.kl_base_ft[layer]![position]!, DIVERGENCE);
        near(row.residualCosine, golden.residual_cosine[layer]![position]!, STATE);
        near(row.residualRelativeL2, golden.residual_relative_l2[layer]![position]!, STATE);
        expect(row.sameTop1).toBe(golden.same_top1[layer]![position]);
        if (layer === 0) expect(routing).toBeNull();
        else {
          near(routing!.jsNats, golden.routing_js[layer - 1]![position]!, DIVERGENCE);
          expect(routing!.jaccard).toBeCloseTo(golden.routing_jaccard[layer - 1]![position]!, 9);
        }
      }
    }
    near(measured.attention!.jsNats, golden.attention_js.at(-1)!, DIVERGENCE);
    expect(measured.attentionLayers!.map(({ layer }) => layer)).toEqual(golden.attention_js.map((_, i) => i + 1));
    for (const { layer, jsNats } of measured.attentionLayers!)
      near(jsNats, golden.attention_js[layer - 1]!, DIVERGENCE);
  });

  it('leaves the comparison and both models as they are without it, to the last bit', async () => {
    const [without, beside] = await Promise.all([read({ floor: undefined }), read({})]);
    const plain = ({ models, comparison }: Report) => ({
      models: [models.base, models.ft!].map(({ timing: _timing, ...model }) => model),
      positions: comparison!.positions.map(({ layers, ...position }) => ({
        ...position,
        layers: layers.map(({ withinFloor: _within, ...row }) => row),
      })),
    });
    expect(plain(beside)).toEqual(plain(without));
    expect(without.comparison!.floor).toBeUndefined();
    expect(without.comparison!.positions[0]!.layers[0]).not.toHaveProperty('withinFloor');
  });

  it('marks each row that differs no more than it, and counts them', async () => {
    const { comparison } = await read({});
    const rows = comparison!.positions.flatMap(({ layers }, i) =>
      layers.map((row) => ({ ...row, floor: comparison!.floor!.positions[i]!.layers[row.layer]!.jsNats })),
    );
    for (const { withinFloor, jsNats, floor: most } of rows) expect(withinFloor).toBe(jsNats <= most);
    const within = rows.filter(({ withinFloor }) => withinFloor).length;
    expect(comparison!.floor!.rows).toEqual({ total: rows.length, withinFloor: within });
    // The embeddings are f16 in every export.
    expect(within).toBeGreaterThanOrEqual(golden.ids.length);
    expect(within).toBeLessThan(rows.length);
  });

  it('is told of while it is read, and its checks count', async () => {
    const events: ProgressEvent[] = [];
    const { checks } = await read({}, { onProgress: (event) => events.push(event) });
    expect(events).toContainEqual(expect.objectContaining({ type: 'done', phase: 'forward', model: 'floor' }));
    expect(events).toContainEqual(expect.objectContaining({ type: 'done', phase: 'lens', model: 'all' }));
    const ofFloor = checks.filter(({ model }) => model === 'floor');
    expect(ofFloor.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['floor-is-base', 'last-row-is-model-output', 'routers-choose']),
    );
    expect(ofFloor.filter(({ status }) => status !== 'pass')).toEqual([]);
  });

  it('calls the base at other bits noise against itself, and identical exports identical', async () => {
    const noise = (await read({ ft: floor, floor: moved(floor, 'floor-again') })).comparison!;
    expect(noise.verdict!.kind).toBe('within-noise');
    expect(noise.floor!.rows.withinFloor).toBe(noise.floor!.rows.total);
    for (const [i, { layers }] of noise.positions.entries())
      for (const [layer, { jsNats }] of layers.entries())
        expect(jsNats).toBe(noise.floor!.positions[i]!.layers[layer]!.jsNats);

    const identical = (await read({ ft: again })).comparison!;
    expect(identical.verdict!.kind).toBe('identical');
    expect(identical.identical).toBe(true);
  });

  it('reads a floor with a head of its own through that head', async () => {
    const own = join(exports.folder, 'head-8');
    await exports.make('tiny-published', undefined, { headBits: 8, out: own });
    const beside = (await read({ floor: own })).comparison!;
    const alone = (await read({ ft: own, floor: undefined })).comparison!;
    // The same two models, one time as a pair by itself. Heads of 8 bits are summed in another order when more rows go through.
    for (const [i, { layers }] of beside.floor!.positions.entries())
      for (const [layer, row] of layers.entries())
        expect(Math.abs(row.jsNats - alone.positions[i]!.layers[layer]!.jsNats)).toBeLessThan(DIVERGENCE);
    // Only the head differs: the states do not, but for sums in another order.
    for (const { layers } of beside.floor!.positions)
      for (const row of layers) expect(row.residualRelativeL2).toBeLessThan(1e-5);
    expect(beside.floor!.positions[0]!.layers[0]!.jsNats).toBeGreaterThan(0);
  });

  it('writes reports that the schema holds', async () => {
    const report = await read({});
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });
});

describe('what is no noise floor', () => {
  const failure = (request: Partial<AnalyzeRequest>): Promise<Record<string, unknown>> =>
    read(request).then(
      () => ({}),
      (error: unknown) => error as Record<string, unknown>,
    );

  it('the base itself: its folder, its tensors, or its numbers', async () => {
    const message = 'The noise floor is the base itself.';
    expect(await failure({ floor: base })).toMatchObject({ kind: 'input', message, got: 'the folder of the base' });
    expect(await failure({ floor: again })).toMatchObject({
      kind: 'input',
      message,
      got: 'the same tensors, byte for byte',
      remedy: expect.stringContaining('--bits 8') as string,
    });
    const unknown = moved(base, 'no-manifest');
    rmSync(join(unknown, 'manifest.json'));
    expect(await failure({ floor: unknown })).toMatchObject({
      kind: 'input',
      message,
      got: 'the same states as the base, in every layer',
    });
  });

  it('other weights', async () => {
    const message = 'The noise floor holds other weights than the base.';
    expect(await failure({ floor: ft })).toMatchObject({
      kind: 'input',
      message,
      expected: expect.stringMatching(/^no LoRA, as in /) as string,
      got: expect.stringMatching(/^LoRA attention-experts \(adapter_model\.safetensors [0-9a-f]{12}\)$/) as string,
    });
    const other = await exports.make('tiny-v5');
    expect(await failure({ floor: other })).toMatchObject({ kind: 'input' });
  });

  it('anything without a fine-tune', async () => {
    expect(await failure({ ft: undefined })).toMatchObject({ kind: 'usage' });
  });

  it('is not known without manifests, and a warning says so', async () => {
    const unknown = moved(floor, 'floor-without-manifest');
    rmSync(join(unknown, 'manifest.json'));
    const warnings: string[] = [];
    const { checks } = await read(
      { floor: unknown },
      { onProgress: (event) => event.type === 'warning' && warnings.push(event.message) },
    );
    expect(checks.find(({ id }) => id === 'floor-is-base')).toMatchObject({ model: 'floor', status: 'warn' });
    expect(warnings).toContainEqual(expect.stringContaining('whether the noise floor holds the weights of the base'));
  });
});
