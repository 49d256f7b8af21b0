import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/analysis/engine/engine.ts';
import type { ResidentTensor } from '../../src/analysis/engine/protocol.ts';
import { type OpenModel, openModel } from '../../src/analysis/model/open-model.ts';
import { passThrough } from '../../src/analysis/reading/forward-pass.ts';
import { type BackboneStates, prepareBackbone, runBackbones } from '../../src/analysis/reading/run-backbone.ts';
import type { AnalyzeRequest } from '../../src/analysis/request.ts';
import { GraphBuilder, DataType } from '../../src/onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../src/onnx/model.ts';
import type { ModelReport, Report } from '../../src/report/schema.ts';
import { goldenRow, type GoldenPrompt, type LensGolden, readLensGolden } from '../helpers/lens-golden.ts';
import { built } from '../helpers/built.ts';
import { Exports } from './exports.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');
const engines = await built<typeof import('../../src/analysis/engine/engine.ts')>('analysis/engine/engine.js');

/**
 * Our exports in ONNX Runtime against Hugging Face's float32 on the same dequantised weights, at every layer and
 * position. The tolerances are those of test/golden/HOW.md: f32 sums in another order, and nothing else.
 */
const TOLERANCE = {
  residual: 1e-5, // relative to the norm of the state
  routerLogit: 2e-5,
  attention: 2e-5,
  probability: 1e-5,
  entropy: 1e-4,
  divergence: 1e-5,
  cosine: 1e-5, // as the two states, times the sine of their angle
  distance: 2e-5, // as the two states, each relative to the norm
  relativeNorm: 1e-5,
} as const;

/** The largest error of each quantity over all tests: what a tolerance leaves unused is printed at the end. */
const largest = new Map<keyof typeof TOLERANCE, number>();
afterAll(() => console.log('largest deviations from Hugging Face', Object.fromEntries(largest)));

/** The largest error of each quantity, so that a failure shows all of them at once. */
class Errors {
  readonly #worst = new Map<keyof typeof TOLERANCE, number>();

  compare(quantity: keyof typeof TOLERANCE, actual: number, expected: number): void {
    const error = Math.abs(actual - expected);
    this.#worst.set(quantity, Math.max(this.#worst.get(quantity) ?? 0, Number.isNaN(error) ? Infinity : error));
  }

  compareAll(quantity: keyof typeof TOLERANCE, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
    expect(actual.length).toBe(expected.length);
    for (let i = 0; i < actual.length; i += 1) this.compare(quantity, actual[i] as number, expected[i] as number);
  }

  expectWithinTolerance(): void {
    expect(this.#worst.size).toBeGreaterThan(0);
    for (const [quantity, error] of this.#worst) largest.set(quantity, Math.max(largest.get(quantity) ?? 0, error));
    const excess = [...this.#worst].filter(([quantity, error]) => error > TOLERANCE[quantity]);
    expect(Object.fromEntries(excess)).toEqual({});
  }
}

const exports = new Exports();
afterAll(() => exports.remove());

const request = {
  device: 'cpu',
  topK: 5,
  finalTop: 10,
  positions: 'all',
  norm: 'final',
  track: [],
  activeThreshold: 0.01,
  attentionLayers: 'all',
  attentionTop: 5,
  heads: true,
  crossHead: true,
} as const satisfies Partial<AnalyzeRequest>;

function promptOf({ text, ids }: GoldenPrompt): AnalyzeRequest['prompt'] {
  return text ?? { tokenIds: ids };
}

describe.each([
  { name: 'tiny-published', adapters: ['attention-experts', 'modules-to-save'], recipe: {} },
  { name: 'tiny-v5', adapters: ['fused'], recipe: {} },
  { name: 'tiny-tied', adapters: ['attention-fused-down'], recipe: {} },
  { name: 'tiny-published.block-32', adapters: [], recipe: { blockSize: 32 } as const },
])('$name', ({ name: goldenName, adapters, recipe }) => {
  const golden = readLensGolden(goldenName);
  const checkpoint = goldenName.split('.')[0] as string;
  const folders = new Map<string, string>();
  beforeAll(async () => {
    const base = await exports.make(checkpoint, undefined, recipe);
    folders.set('base', base);
    for (const adapter of adapters)
      folders.set(adapter, await exports.make(checkpoint, adapter, { ...recipe, shareWith: base }));
  });
  const folder = (model: string) => folders.get(model) as string;

  it.each(['base', ...adapters])('states, router logits and attention of %s', async (name) => {
    const errors = new Errors();
    for (const prompt of golden.prompts) await compareStates(folder(name), golden, name, prompt, errors);
    errors.expectWithinTolerance();
  });

  it.each(adapters)('the whole report of base and %s', async (adapter) => {
    const errors = new Errors();
    for (const prompt of golden.prompts) {
      const report = await analyze({ ...request, prompt: promptOf(prompt), base: folder('base'), ft: folder(adapter) });
      expect(report.prompt.tokens.map(({ id }) => id)).toEqual(prompt.ids);
      expect(report.checks.filter(({ status }) => status !== 'pass')).toEqual([]);
      compareModel(report.models.base, golden, 'base', prompt, errors);
      compareModel(report.models.ft as ModelReport, golden, adapter, prompt, errors);
      comparePair(report, golden, adapter, prompt, errors);
      expect(report.comparison?.identical).toBe(false);
    }
    errors.expectWithinTolerance();
  });
});

/** Brings tensors out of the engine that normally stay in it. */
const identity = (() => {
  const model = emptyModel('identity', 21);
  const builder = new GraphBuilder(model);
  builder.input('x', DataType.FLOAT, ['a', 'b', 'c']);
  builder.node('/identity', 'Identity', ['x'], { outputs: ['y'] });
  builder.output('y', DataType.FLOAT);
  return encodeModel(model);
})();

async function compareStates(
  folder: string,
  golden: LensGolden,
  name: string,
  prompt: GoldenPrompt,
  errors: Errors,
): Promise<void> {
  const tensor = (key: string) => golden.tensors.get(`${name}.${key}`)!;
  const engine = new engines.Engine({ kind: 'cpu' });
  try {
    const model = await openModel(folder);
    const everywhere = prompt.ids.map((_, position) => position);
    const states = await readStates(engine, model, prompt.ids, everywhere);
    const session = await engine.createSession(identity, 'identity');
    const bring = async (x: ResidentTensor) => (await session.run({ x }, { fetch: ['y'] })).floats('y');
    const residuals = await bring(states.residuals);
    const [layers, width] = [model.anatomy.residuals.length, model.anatomy.hiddenSize];
    const before = golden.prompts.slice(0, golden.prompts.indexOf(prompt)).flatMap((p) => p.statePositions).length;
    for (let layer = 0; layer < layers; layer += 1)
      for (const [row, position] of prompt.statePositions.entries()) {
        const start = (layer * prompt.ids.length + position) * width;
        const expected = goldenRow(tensor('residuals'), layer, before + row);
        const distance = Math.hypot(...expected.map((x, i) => (residuals[start + i] as number) - x));
        errors.compare('residual', distance / Math.hypot(...expected), 0);
      }
    for (const [layer, logits] of states.routerLogits) {
      const experts = model.anatomy.layers[layer - 1]!.router!.experts;
      for (const position of everywhere)
        errors.compareAll(
          'routerLogit',
          logits.subarray(position * experts, (position + 1) * experts),
          goldenRow(tensor('router_logits'), layer - 1, prompt.offset + position),
        );
    }
    for (const [row, position] of prompt.statePositions.entries()) {
      const { attention } = await readStates(engine, model, prompt.ids, [position]);
      const [keys, seen] = [prompt.ids.length, position + 1];
      expect([...attention.keys()]).toEqual(model.anatomy.layers.map((_, i) => i + 1));
      for (const [layer, { weights, heads }] of attention)
        for (let head = 0; head < heads; head += 1) {
          const expected = goldenRow(tensor(`attention.${prompt.name}`), layer - 1, head, row);
          const ofHead = [...weights.subarray(head * seen, (head + 1) * seen)];
          errors.compareAll('attention', [...ofHead, ...Array<number>(keys - seen).fill(0)], expected);
        }
    }
  } finally {
    await engine.close();
  }
}

/** One pass, cut after the router of every layer. */
async function readStates(
  engine: Engine,
  model: OpenModel,
  ids: readonly number[],
  positions: readonly number[],
): Promise<BackboneStates> {
  const job = { ids, positions, attentionLayers: model.anatomy.layers.map((_, i) => i + 1), options: {} };
  const boundaries = model.anatomy.layers.map(({ router }) => [router!.logits]);
  const plan = { boundaries, cpuStages: 0, processes: [], readAhead: undefined, close: () => Promise.resolve() };
  const watch = { onLoaded: () => undefined, onDone: () => undefined };
  const { states } = await runBackbones(engine, passThrough(prepareBackbone('cpu', model, job)), job, plan, watch);
  return states[0]!;
}

function compareModel(
  model: ModelReport,
  golden: LensGolden,
  name: string,
  prompt: GoldenPrompt,
  errors: Errors,
): void {
  const at = (key: string, layer: number, position: number) =>
    goldenRow(golden.tensors.get(`${name}.${key}`)!, layer, prompt.offset + position);
  const one = (key: string, layer: number, position: number) => at(key, layer, position)[0] as number;
  const described = prompt.models[name]!;
  for (const { position, layers, final, commitLayer } of model.positions) {
    expect(commitLayer).toBe(described.commitLayers[position]);
    for (const { layer, top, ...row } of layers) {
      expect(top.map(({ id }) => id)).toEqual([...at('top_ids', layer, position)]);
      errors.compareAll(
        'probability',
        top.map(({ prob }) => prob),
        at('top_probs', layer, position),
      );
      errors.compare('entropy', row.entropyNats, one('entropy', layer, position));
      expect(row.activeTokens).toBe(one('active_tokens', layer, position));
      errors.compare('divergence', row.klToFinalNats, one('kl_to_final', layer, position));
      errors.compare('probability', row.finalToken.prob, one('final_token_prob', layer, position));
      expect(row.finalToken.rank).toBe(one('final_token_rank', layer, position));
      errors.compare('relativeNorm', row.residualNorm / one('residual_norm', layer, position), 1);
    }
    if (position < prompt.ids.length - 1) continue;
    expect(final.top.map(({ id }) => id)).toEqual(described.finalTop.map(([id]) => id));
    errors.compareAll(
      'probability',
      final.top.map(({ prob }) => prob),
      described.finalTop.map(([, prob]) => prob),
    );
  }
  compareAttention(model, golden, name, prompt, errors);
}

/** Where the last position of a prompt stands on the axis R of a golden, which has the positions whose states it kept. */
function lastKept(golden: LensGolden, prompt: GoldenPrompt): number {
  const before = golden.prompts.slice(0, golden.prompts.indexOf(prompt)).flatMap((p) => p.statePositions).length;
  return before + prompt.statePositions.length - 1;
}

/** Every head of every layer, from the last position. */
function compareAttention(
  model: ModelReport,
  golden: LensGolden,
  name: string,
  prompt: GoldenPrompt,
  errors: Errors,
): void {
  const tensor = (key: string) => golden.tensors.get(`${name}.${key}`)!;
  const row = lastKept(golden, prompt);
  const layers = model.attentionLayers ?? [];
  expect(layers.map(({ layer }) => layer)).toEqual(Array.from({ length: model.layers }, (_, i) => i + 1));
  for (const { layer, weights, heads, sinkShare, entropyNats, headStatistics } of layers) {
    const expected = heads!.map((_, head) =>
      goldenRow(tensor(`attention.${prompt.name}`), layer - 1, head, prompt.statePositions.length - 1),
    );
    const mean = weights.map((_, key) => expected.reduce((sum, head) => sum + head[key]!, 0) / expected.length);
    errors.compareAll('attention', weights, mean);
    errors.compare('attention', sinkShare, mean[0]!);
    errors.compareAll('entropy', [entropyNats], goldenRow(tensor('attention_entropy'), layer - 1, row));
    for (const [head, ofHead] of heads!.entries()) errors.compareAll('attention', ofHead, expected[head]!);
    const entropies = headStatistics!.map((head) => head.entropyNats);
    errors.compareAll('entropy', entropies, goldenRow(tensor('head_entropy'), layer - 1, row));
    for (const { head, sinkShare: share } of headStatistics!) errors.compare('attention', share, expected[head]![0]!);
  }
  expect(model.attention).toMatchObject({ layer: model.layers, weights: layers.at(-1)?.weights });
}

function comparePair(report: Report, golden: LensGolden, name: string, prompt: GoldenPrompt, errors: Errors): void {
  const comparison = report.comparison!;
  const one = (key: string, layer: number, position: number) =>
    goldenRow(golden.tensors.get(`${name}.vs_base.${key}`)!, layer, prompt.offset + position)[0] as number;
  for (const { position, layers } of comparison.positions)
    for (const { layer, routing, ...row } of layers) {
      errors.compare('divergence', row.klFtBaseNats, one('kl_ft_base', layer, position));
      errors.compare('divergence', row.klBaseFtNats, one('kl_base_ft', layer, position));
      errors.compare('divergence', row.jsNats, one('js', layer, position));
      errors.compare('cosine', row.residualCosine, one('residual_cosine', layer, position));
      errors.compare('distance', row.residualRelativeL2, one('residual_relative_l2', layer, position));
      expect(row.topKJaccard).toBeCloseTo(one('top_k_jaccard', layer, position), 6);
      expect(row.baseTop1RankInFt).toBe(one('base_top1_rank_in_ft', layer, position));
      expect(row.ftTop1RankInBase).toBe(one('ft_top1_rank_in_base', layer, position));
      if (layer === 0) expect(routing).toBeNull();
      else {
        errors.compare('divergence', routing!.jsNats, one('routing_js', layer - 1, position));
        expect(routing!.jaccard).toBeCloseTo(one('routing_jaccard', layer - 1, position), 6);
      }
    }
  const row = lastKept(golden, prompt);
  const attentionJs = (layer: number, key: string) =>
    goldenRow(golden.tensors.get(`${name}.vs_base.${key}`)!, layer - 1, row);
  const layers = comparison.attentionLayers ?? [];
  expect(layers).toHaveLength(report.models.base.layers);
  for (const { layer, jsNats, meanHeadJsNats, mostChangedHead, heads } of layers) {
    const ofHeads = attentionJs(layer, 'head_js');
    errors.compare('divergence', jsNats, attentionJs(layer, 'attention_js')[0]!);
    errors.compareAll(
      'divergence',
      heads!.map((head) => head.jsNats),
      ofHeads,
    );
    const mean = Array.from(ofHeads).reduce((a, b) => a + b, 0) / ofHeads.length;
    errors.compare('divergence', meanHeadJsNats!, mean);
    errors.compare('divergence', mostChangedHead!.jsNats, Math.max(...ofHeads));
  }
  expect(comparison.attention?.jsNats).toBe(layers.at(-1)?.jsNats);
  compareCrossHead(report, golden, name, prompt, errors);
}

/** Each model's states through the other's norm and head. */
function compareCrossHead(
  report: Report,
  golden: LensGolden,
  name: string,
  prompt: GoldenPrompt,
  errors: Errors,
): void {
  const { sameHead, positions } = report.comparison!.crossHead!;
  const known = golden.tensors.has(`${name}.cross.base_head_js`);
  expect(sameHead).toBe(!known);
  expect(positions).toHaveLength(known ? prompt.ids.length : 0);
  for (const { position, layers } of positions)
    for (const { layer, baseHead, ftHead, headJsNats } of layers) {
      const at = (key: string) =>
        goldenRow(golden.tensors.get(`${name}.cross.${key}`)!, layer, prompt.offset + position);
      errors.compareAll('divergence', [baseHead.jsNats, ftHead.jsNats], [at('base_head_js')[0]!, at('ft_head_js')[0]!]);
      const heads = [headJsNats.baseState, headJsNats.ftState];
      errors.compareAll('divergence', heads, [at('base_state_js')[0]!, at('ft_state_js')[0]!]);
      for (const [key, top, entropy] of [
        ['ft_by_base', baseHead.ftTop, baseHead.ftEntropyNats],
        ['base_by_ft', ftHead.baseTop, ftHead.baseEntropyNats],
      ] as const) {
        expect(top.map(({ id }) => id)).toEqual([...at(`${key}_top_ids`)]);
        const probs = top.map(({ prob }) => prob);
        errors.compareAll('probability', probs, at(`${key}_top_probs`));
        errors.compareAll('entropy', [entropy], at(`${key}_entropy`));
      }
    }
}
