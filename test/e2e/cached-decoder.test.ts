import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../src/analysis/anatomy/find-anatomy.ts';
import type { DecoderAnatomy } from '../../src/analysis/anatomy/types.ts';
import type { TensorValue } from '../../src/analysis/engine/protocol.ts';
import { openModel } from '../../src/analysis/model/open-model.ts';
import { emptyStates, feedsOf, promptFeeds, tokenFeeds } from '../../src/analysis/reading/prompt-feeds.ts';
import { cachedDecoder, NEXT } from '../../src/analysis/surgery/cached-decoder.ts';
import type { DeviceKind } from '../../src/analysis/surgery/fit-device.ts';
import { DataType } from '../../src/onnx/graph-builder.ts';
import { decodeModel, encodeModel, type OnnxModel } from '../../src/onnx/model.ts';
import { syntheticDecoder } from '../helpers/synthetic-decoder.ts';

/**
 * Tokens written over the cache against tokens written without one: there the whole text runs anew through the model
 * as it was exported, for every token, and nothing of ours has a part in it.
 */
const TOKENS = 8;
const PROMPT = [5, 7, 11, 13, 2, 3];

interface Case {
  readonly name: string;
  readonly open: () => Promise<{ model: OnnxModel; anatomy: DecoderAnatomy; folder: string }>;
  /** of probabilities: f32 sums in another order, or f16 states in another order */
  readonly tolerance: number;
}

const synthetic = (name: string, form: Parameters<typeof syntheticDecoder>[0], tolerance = 1e-6): Case => ({
  name,
  tolerance,
  open: async () => {
    const model = syntheticDecoder(form);
    return { model, anatomy: findAnatomy(model, { where: name }), folder: '.' };
  },
});
const exported = (name: string): Case => ({
  name,
  tolerance: 1e-6,
  open: async () => {
    const file = new URL(`../fixtures/onnx/${name}.onnx`, import.meta.url);
    const model = decodeModel(new Uint8Array(readFileSync(file)), name);
    return { model, anatomy: findAnatomy(model, { where: name }), folder: '.' };
  },
});
const shipped = (name: string): Case => ({
  name,
  tolerance: 2e-5,
  open: () => openModel(fileURLToPath(new URL(`../../models/${name}`, import.meta.url))),
});

const CASES: readonly Case[] = [
  synthetic('plain decoder', {}),
  synthetic('fused norms, 4-bit head', { norms: 'fused', head: 'quantized' }),
  synthetic('fused norms, last position only', { norms: 'fused', lastPositionOnly: true }),
  synthetic('dense layers', { mlp: 'dense', head: 'plain' }),
  synthetic('f16 stream and cache', { stream: DataType.FLOAT16 }, 2e-3),
  exported('mobius-attention'),
  exported('mobius-gqa'),
  shipped('base-int4'),
];

async function sessionOf(model: OnnxModel, folder: string) {
  return InferenceSession.create(encodeModel(model), {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  });
}

function tensors(feeds: Readonly<Record<string, TensorValue | Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, feed]) => [
      name,
      feed instanceof Tensor ? feed : new Tensor(feed.type as 'float32', feed.data as Float32Array, feed.dims),
    ]),
  );
}

interface Written {
  readonly id: number;
  readonly probability: number;
}

/** Every token by a pass of the whole text through the model as it is. */
async function withoutCache({ model, anatomy, folder }: Awaited<ReturnType<Case['open']>>): Promise<Written[]> {
  const session = await sessionOf(model, folder);
  const written: Written[] = [];
  for (let i = 0; i < TOKENS; i += 1) {
    const ids = [...PROMPT, ...written.map(({ id }) => id)];
    const feeds = tensors(feedsOf(model, promptFeeds(anatomy.inputs, ids)));
    const outputs = await session.run(feeds, [anatomy.head.logits]);
    const logits = outputs[anatomy.head.logits] as Tensor;
    // f16 logits come as bits, or as numbers where Node has such arrays.
    const all = logits.type === 'float16' ? halves(logits.data as Uint16Array) : (logits.data as Float32Array);
    const last = all.slice(-anatomy.vocabularySize);
    const largest = Math.max(...last);
    const sum = last.reduce((total, logit) => total + Math.exp(logit - largest), 0);
    written.push({ id: last.indexOf(largest), probability: 1 / sum });
  }
  await session.release();
  return written;
}

function halves(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const [sign, exponent, fraction] = [half >> 15 ? -1 : 1, (half >> 10) & 31, half & 1023];
    return sign * (exponent === 0 ? (fraction / 1024) * 2 ** -14 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  });
}

async function withCache(
  { model, anatomy, folder }: Awaited<ReturnType<Case['open']>>,
  device: DeviceKind,
): Promise<Written[]> {
  const decoder = cachedDecoder(model, anatomy, { device, where: 'model.onnx' });
  const session = await sessionOf(decoder.model, folder);
  const written: Written[] = [];
  let states: Record<string, TensorValue | Tensor> = Object.fromEntries(
    emptyStates(decoder.states.map(({ past }) => past)),
  );
  for (let i = 0; i < TOKENS; i += 1) {
    const last = written.at(-1);
    const [unread, before] = last ? [[last.id], PROMPT.length + i - 1] : [PROMPT, 0];
    const outputs = await session.run(
      tensors({ ...feedsOf(decoder.model, tokenFeeds(anatomy.inputs, unread, before)), ...states }),
      decoder.model.graph.output.map(({ name }) => name),
    );
    states = Object.fromEntries(decoder.states.map(({ past, present }) => [past.name, outputs[present] as Tensor]));
    written.push({
      id: Number((outputs[NEXT.token] as Tensor).data[0]),
      probability: Number((outputs[NEXT.probability] as Tensor).data[0]),
    });
  }
  await session.release();
  return written;
}

describe.each(CASES)('$name', ({ open, tolerance }) => {
  it('writes over its cache what it writes without one', async () => {
    const opened = await open();
    const [expected, actual] = [await withoutCache(opened), await withCache(opened, 'cpu')];
    expect(actual.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    for (const [i, { probability }] of actual.entries())
      expect(Math.abs(probability - (expected[i] as Written).probability)).toBeLessThan(tolerance);
  });
});

describe.each(CASES.filter(({ name }) => /^(plain|base)/.test(name)))('the CUDA form of $name', ({ open }) => {
  it('writes the same, a little less precisely', async () => {
    const opened = await open();
    const [expected, actual] = [await withoutCache(opened), await withCache(opened, 'cuda')];
    expect(actual.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
    // Experts and attention round what goes in and out to 11 bits, once or twice a layer.
    for (const [i, { probability }] of actual.entries())
      expect(Math.abs(probability - (expected[i] as Written).probability)).toBeLessThan(1e-2);
  });
});
