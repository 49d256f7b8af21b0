import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../src/analysis/anatomy/find-anatomy.ts';
import type { DecoderAnatomy } from '../../src/analysis/anatomy/types.ts';
import { cutHead, HEAD } from '../../src/analysis/surgery/cut-head.ts';
import { LENGTHS } from '../../src/analysis/surgery/fresh-prompt.ts';
import { instrumentBackbone, type InstrumentOptions, LENS } from '../../src/analysis/surgery/instrument-backbone.ts';
import { setAttribute } from '../../src/onnx/attributes.ts';
import { DataType } from '../../src/onnx/graph-builder.ts';
import { decodeModel, encodeModel, type OnnxModel } from '../../src/onnx/model.ts';
import { syntheticDecoder } from '../helpers/synthetic-decoder.ts';

const TOKENS = [5, 7, 11, 13, 2, 3, 19, 21];
const COUNT = TOKENS.length;

function fixture(name: string): OnnxModel {
  return decodeModel(readFileSync(new URL(`../fixtures/onnx/${name}.onnx`, import.meta.url)), name);
}

const sessionOptions: InferenceSession.SessionOptions = {
  executionProviders: ['cpu'],
  logSeverityLevel: 3,
  intraOpNumThreads: 2,
};

/** @param feeds may hold more than the graph takes in */
async function run(model: OnnxModel, feeds: Record<string, Tensor>): Promise<Map<string, Tensor>> {
  const session = await InferenceSession.create(encodeModel(model), sessionOptions);
  try {
    const results = await session.run(feeds);
    return new Map(Object.entries(results) as [string, Tensor][]);
  } finally {
    await session.release();
  }
}

function integers(values: readonly number[], dims: readonly number[]): Tensor {
  return new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
}

/** What a fresh prompt feeds to a decoder. */
function promptFeeds({ inputs }: DecoderAnatomy, tokens: readonly number[]): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = { [inputs.tokenIds]: integers(tokens, [1, tokens.length]) };
  if (inputs.attentionMask)
    feeds[inputs.attentionMask] = integers(
      tokens.map(() => 1),
      [1, tokens.length],
    );
  if (inputs.positionIds) feeds[inputs.positionIds] = integers([...tokens.keys()], [1, tokens.length]);
  for (const { name, elementType, dims } of inputs.past) {
    const half = elementType === DataType.FLOAT16;
    feeds[name] = half
      ? new Tensor('float16', new Uint16Array(0), dims)
      : new Tensor('float32', new Float32Array(0), dims);
  }
  return feeds;
}

/** What surgery made inputs of the graph; the last of the positions is the one whose attention is wanted. */
function lensFeeds(positions: readonly number[], tokens: readonly number[]): Record<string, Tensor> {
  const query = positions.at(-1) as number;
  const int32 = (value: number) => new Tensor('int32', Int32Array.of(value), [1]);
  return {
    [LENS.positions]: integers(positions, [positions.length]),
    [LENS.query]: integers([query], [1]),
    [LENS.visible]: integers([query + 1], [1]),
    [LENGTHS.lastToken]: int32(tokens.length - 1),
    [LENGTHS.tokens]: int32(tokens.length),
  };
}

async function runBackbone(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  positions: readonly number[],
  options: InstrumentOptions = {},
  tokens: readonly number[] = TOKENS,
) {
  const backbone = instrumentBackbone(model, anatomy, options);
  return run(backbone.model, { ...promptFeeds(anatomy, tokens), ...lensFeeds(positions, tokens) });
}

async function runHead(model: OnnxModel, anatomy: DecoderAnatomy, residuals: Tensor, norm: 'final' | 'none' = 'final') {
  return get(await run(cutHead(model, anatomy, { norm }), { [HEAD.residuals]: residuals }), HEAD.logits);
}

function get(results: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = results.get(name);
  if (tensor === undefined) throw new Error(`no output ${name}, but ${[...results.keys()].join(', ')}`);
  return tensor;
}

/** f32 numbers of one row of the first axis, or of all. */
function numbers(tensor: Tensor, row?: number): Float32Array {
  const data = tensor.data as Float32Array;
  const size = data.length / (tensor.dims[0] as number);
  return row === undefined ? data : data.subarray(row * size, (row + 1) * size);
}

/** Largest difference, relative to the largest number. */
function distance(actual: Float32Array, expected: Float32Array): number {
  expect(actual.length).toBe(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  expect(largest).toBeGreaterThan(0.1);
  return actual.reduce((max, value, i) => Math.max(max, Math.abs(value - (expected[i] as number))), 0) / largest;
}

// f32 sums of 16 to 64 terms in another order (rows are grouped differently): a few units of 2^-24 each.
const SAME_F32 = 1e-5;
// One rounding to f16 (2^-11) per step of the head.
const SAME_F16 = 4e-3;

interface Case {
  readonly name: string;
  readonly model: OnnxModel;
  readonly tolerance?: number;
}

const CASES: readonly Case[] = [
  { name: 'plain decoder, tied f16 head', model: syntheticDecoder() },
  { name: 'plain decoder, head of its own', model: syntheticDecoder({ head: 'plain', layers: 3 }) },
  { name: 'fused norms, 4-bit head', model: syntheticDecoder({ norms: 'fused', head: 'quantized' }) },
  {
    name: 'fused norms, tied head, last position only',
    model: syntheticDecoder({ norms: 'fused', lastPositionOnly: true }),
  },
  {
    name: 'primitive attention, dense layers',
    model: syntheticDecoder({ attention: 'softmax', mlp: 'dense', head: 'plain' }),
  },
  { name: 'f16 stream', model: syntheticDecoder({ stream: DataType.FLOAT16 }), tolerance: SAME_F16 },
  {
    name: 'f16 stream, fused norms',
    model: syntheticDecoder({ stream: DataType.FLOAT16, norms: 'fused' }),
    tolerance: SAME_F16,
  },
  ...['mobius-attention', 'mobius-gqa', 'torch-dynamo'].map((name) => ({ name, model: fixture(name) })),
];

describe.each(CASES)('$name', ({ model, tolerance = SAME_F32 }) => {
  const anatomy = findAnatomy(model, { where: 'model.onnx' });
  const layers = anatomy.layers.length;
  const every = [...TOKENS.keys()];

  it.each(['untouched', 'picked rows'] as const)('gives the own logits (%s) of the plain model', async (ownLogits) => {
    const own = get(await run(model, promptFeeds(anatomy, TOKENS)), anatomy.head.logits);
    const lens = get(await runBackbone(model, anatomy, every, { ownLogits }), LENS.logits);
    expect(lens.dims).toEqual([COUNT, anatomy.vocabularySize]);
    const kept = own.dims[1] as number;
    expect(distance(numbers(lens).subarray((COUNT - kept) * anatomy.vocabularySize), numbers(own))).toBeLessThan(
      tolerance,
    );
  });

  it('gives the same rows whether one position or all are wanted', async () => {
    const attentionLayers = [...anatomy.layers.keys()].map((i) => i + 1);
    const all = await runBackbone(model, anatomy, every, { attentionLayers });
    const one = await runBackbone(model, anatomy, [COUNT - 1], { attentionLayers });
    expect([...one.keys()]).toEqual([...all.keys()]);
    expect(get(one, LENS.residuals).dims).toEqual([layers + 1, 1, anatomy.hiddenSize]);
    expect(get(all, LENS.residuals).dims).toEqual([layers + 1, COUNT, anatomy.hiddenSize]);
    for (let state = 0; state <= layers; state++) {
      const rows = numbers(get(all, LENS.residuals), state).subarray(-anatomy.hiddenSize);
      expect(distance(numbers(get(one, LENS.residuals), state), rows)).toBe(0);
    }
    for (const layer of attentionLayers) {
      const [heads, queries, seen] = get(one, LENS.attention(layer)).dims as [number, number, number];
      expect([queries, seen]).toEqual([1, COUNT]);
      expect(distance(numbers(get(one, LENS.attention(layer))), numbers(get(all, LENS.attention(layer))))).toBe(0);
      for (let head = 0; head < heads; head++) {
        const sum = numbers(get(one, LENS.attention(layer)), head).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(1, tolerance === SAME_F16 ? 2 : 5);
      }
    }
    const experts = anatomy.layers.reduce((sum, { router }) => sum + (router?.experts ?? 0), 0);
    if (experts === 0) return;
    expect(get(one, LENS.routerLogits).dims).toEqual([1, experts]);
    expect(distance(numbers(get(one, LENS.routerLogits)), numbers(get(all, LENS.routerLogits), COUNT - 1))).toBe(0);
  });

  it('has a head that makes the own logits from the last residual state', async () => {
    const backbone = await runBackbone(model, anatomy, every);
    const logits = await runHead(model, anatomy, get(backbone, LENS.residuals));
    expect(logits.dims).toEqual([layers + 1, COUNT, anatomy.vocabularySize]);
    expect(distance(numbers(logits, layers), numbers(get(backbone, LENS.logits)))).toBeLessThan(tolerance);
  });

  it('leaves the norm out of the head when asked to', async () => {
    const residuals = get(await runBackbone(model, anatomy, [COUNT - 1]), LENS.residuals);
    const twice = new Tensor(
      'float32',
      numbers(residuals).map((value) => 2 * value),
      residuals.dims,
    );
    // Without a norm the head is linear; with one, the length of a state does not matter.
    const [plain, doubled] = [
      await runHead(model, anatomy, residuals, 'none'),
      await runHead(model, anatomy, twice, 'none'),
    ];
    expect(
      distance(
        numbers(doubled),
        numbers(plain).map((value) => 2 * value),
      ),
    ).toBeLessThan(tolerance);
    const [normed, same] = [await runHead(model, anatomy, residuals), await runHead(model, anatomy, twice)];
    expect(distance(numbers(same), numbers(normed))).toBeLessThan(Math.max(tolerance, 1e-4));
    expect(distance(numbers(plain), numbers(normed))).toBeGreaterThan(0.01);
  });
});

describe('models of other exporters', () => {
  interface Golden {
    readonly tokenIds: readonly number[];
    readonly residuals: { readonly dims: readonly number[]; readonly values: readonly number[] };
    readonly routerLogits: Golden['residuals'];
    readonly attention: Golden['residuals'];
    readonly logits: Golden['residuals'];
  }
  const golden = JSON.parse(
    readFileSync(new URL('../golden/third-party-exports.json', import.meta.url), 'utf8'),
  ) as Golden;
  // Two layers of f32 in another order of sums each; Hugging Face's own kernels differ among themselves by as much.
  const tolerance = 1e-5;

  it.each(['mobius-attention', 'mobius-gqa', 'torch-dynamo'])(
    '%s gives the internals of Hugging Face',
    async (name) => {
      const model = fixture(name);
      const anatomy = findAnatomy(model, { where: name, layers: 2 });
      const ids = golden.tokenIds;
      const results = await runBackbone(model, anatomy, [...ids.keys()], { attentionLayers: [1, 2] }, ids);
      const layered = (output: (layer: number) => string) =>
        [1, 2].map((layer) => numbers(get(results, output(layer))));
      const joined = (parts: Float32Array[]) => Float32Array.from(parts.flatMap((part) => [...part]));
      const expected = (key: 'residuals' | 'routerLogits' | 'attention' | 'logits') =>
        Float32Array.from(golden[key].values);
      expect(get(results, LENS.residuals).dims).toEqual(golden.residuals.dims);
      expect(distance(numbers(get(results, LENS.residuals)), expected('residuals'))).toBeLessThan(tolerance);
      // The golden holds layer by layer what comes out side by side.
      const experts = anatomy.layers[0]!.router!.experts;
      const sideBySide = numbers(get(results, LENS.routerLogits));
      const byLayer = [0, 1].map((layer) => sideBySide.filter((_, i) => Math.floor(i / experts) % 2 === layer));
      expect(distance(joined(byLayer), expected('routerLogits'))).toBeLessThan(tolerance);
      // The golden holds every query; the lens has the last.
      const everyQuery = expected('attention');
      const lastQuery = everyQuery.filter((_, i) => Math.floor(i / ids.length) % ids.length === ids.length - 1);
      expect(distance(joined(layered(LENS.attention)), lastQuery)).toBeLessThan(tolerance);
      expect(distance(numbers(get(results, LENS.logits)), expected('logits'))).toBeLessThan(tolerance);
    },
  );
});

describe('products rounded to 8 bits', () => {
  it('are made exact, which moves the logits', async () => {
    const last = [COUNT - 1];
    const model = syntheticDecoder({ accuracy: 4, head: 'plain' });
    const anatomy = findAnatomy(model, { where: 'model.onnx' });
    const reference = syntheticDecoder({ accuracy: 0, head: 'plain' });
    const { model: asGiven } = instrumentBackbone(model, anatomy);
    for (const node of asGiven.graph.node) if (node.opType === 'MatMulNBits') setAttribute(node, 'accuracy_level', 4n);
    const feeds = { ...promptFeeds(anatomy, TOKENS), ...lensFeeds(last, TOKENS) };
    const rounded = get(await run(asGiven, feeds), LENS.logits);
    const exact = get(await runBackbone(model, anatomy, last), LENS.logits);
    const wanted = get(await runBackbone(reference, findAnatomy(reference, { where: '' }), last), LENS.logits);
    expect(distance(numbers(exact), numbers(wanted))).toBe(0);
    expect(distance(numbers(rounded), numbers(wanted))).toBeGreaterThan(1e-4);
  });
});

describe('memory of a long prompt', () => {
  it.each([DataType.FLOAT, DataType.FLOAT16] as const)(
    'holds one residual state at a time (element type %i)',
    async (stream) => {
      const layers = 6;
      const model = syntheticDecoder({ layers, stream });
      const anatomy = findAnatomy(model, { where: 'model.onnx' });
      const folder = mkdtempSync(join(tmpdir(), 'ft-lens-profile-'));
      try {
        const session = await InferenceSession.create(encodeModel(instrumentBackbone(model, anatomy).model), {
          ...sessionOptions,
          enableProfiling: true,
          profileFilePrefix: join(folder, 'run'),
        });
        await session.run({ ...promptFeeds(anatomy, TOKENS), ...lensFeeds([0], TOKENS) });
        session.endProfiling();
        await session.release();
        const [profile = ''] = readdirSync(folder);
        const events = JSON.parse(readFileSync(join(folder, profile), 'utf8')) as {
          name: string;
          args?: { op_name?: string };
        }[];
        const kernels = events.filter(({ name }) => name.endsWith('_kernel_time'));
        // The rows of state n are taken before the attention of layer n + 2 begins: "rows 0, attention, rows 1, attention …"
        const steps = kernels.flatMap(({ name, args }) => {
          if (args?.op_name === 'GroupQueryAttention') return ['attention'];
          return name.startsWith('ft_lens.rows/')
            ? [name.replace('ft_lens.rows/', '').replace('_kernel_time', '')]
            : [];
        });
        expect(steps).toHaveLength(2 * layers + 1);
        for (let state = 0; state + 2 <= layers; state++) {
          const attention = steps.flatMap((step, i) => (step === 'attention' ? [i] : []))[state + 1] as number;
          expect(steps.indexOf(String(state))).toBeLessThan(attention);
        }
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  );
});
