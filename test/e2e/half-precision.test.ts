import { fileURLToPath } from 'node:url';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, it } from 'vitest';
import { findAnatomy } from '../../src/analysis/anatomy/find-anatomy.ts';
import type { DecoderAnatomy } from '../../src/analysis/anatomy/types.ts';
import type { TensorValue } from '../../src/analysis/engine/protocol.ts';
import { int64Tensor } from '../../src/analysis/engine/tensors.ts';
import { openModel } from '../../src/analysis/model/open-model.ts';
import { feedsOf, promptFeeds } from '../../src/analysis/reading/prompt-feeds.ts';
import { firstLayer, LAYER_STATES } from '../../src/analysis/surgery/first-layer.ts';
import type { DeviceKind } from '../../src/analysis/surgery/fit-device.ts';
import { instrumentBackbone, LENS } from '../../src/analysis/surgery/instrument-backbone.ts';
import { encodeModel, type OnnxModel } from '../../src/onnx/model.ts';
import { syntheticDecoder } from '../helpers/synthetic-decoder.ts';

/**
 * The graphs for CUDA also run on the CPU, whose kernels know f16 too: so their structure and their rounding are tested
 * without a card. Experts and attention round what goes in and out to 11 bits (2^-11 = 5e-4), once or twice a layer.
 */
const HALF = 4e-3;

const TOKENS = [5, 7, 11, 13, 2, 3];

interface Case {
  readonly name: string;
  readonly open: () => Promise<{ model: OnnxModel; anatomy: DecoderAnatomy; folder: string }>;
}

const synthetic = (name: string, form: Parameters<typeof syntheticDecoder>[0]): Case => ({
  name,
  open: async () => {
    const model = syntheticDecoder(form);
    return { model, anatomy: findAnatomy(model, { where: name }), folder: '.' };
  },
});
const shipped = (name: string): Case => ({
  name,
  open: () => openModel(fileURLToPath(new URL(`../../models/${name}`, import.meta.url))),
});

const CASES: readonly Case[] = [
  synthetic('separate norms', {}),
  synthetic('fused norms, 4-bit head', { norms: 'fused', head: 'quantized' }),
  shipped('base-int4'),
  shipped('ft-int4'),
];

async function run(model: OnnxModel, folder: string, feeds: Record<string, TensorValue>): Promise<Map<string, Tensor>> {
  const session = await InferenceSession.create(encodeModel(model), {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    extra: { session: { model_external_initializers_file_folder_path: folder } },
  });
  try {
    const tensors = Object.entries(feeds).map(
      ([name, { type, data, dims }]) => [name, new Tensor(type as 'float32', data as Float32Array, dims)] as const,
    );
    return new Map(Object.entries(await session.run(Object.fromEntries(tensors))) as [string, Tensor][]);
  } finally {
    await session.release();
  }
}

/** ‖a − b‖ / ‖b‖ of the worst row */
function distance(actual: Tensor, expected: Tensor): number {
  expect(actual.dims).toEqual(expected.dims);
  const width = expected.dims.at(-1) as number;
  const [a, b] = [actual.data as Float32Array, expected.data as Float32Array];
  let worst = 0;
  for (let start = 0; start < b.length; start += width) {
    const row = b.subarray(start, start + width);
    const difference = Math.hypot(...row.map((x, i) => (a[start + i] as number) - x));
    const ratio = difference / Math.hypot(...row);
    worst = Number.isNaN(ratio) || ratio > worst ? ratio : worst;
  }
  return worst;
}

describe.each(CASES)('the CUDA form of $name', ({ open }) => {
  let opened: Awaited<ReturnType<Case['open']>>;
  beforeAll(async () => {
    opened = await open();
  });

  const backbone = async (device: DeviceKind) => {
    const { model, anatomy, folder } = opened;
    const { model: graph } = instrumentBackbone(model, anatomy, { device });
    const feeds = new Map([
      ...promptFeeds(anatomy.inputs, TOKENS),
      [LENS.positions, int64Tensor([0, 5])] as const,
      [LENS.query, int64Tensor([5])] as const,
      [LENS.visible, int64Tensor([6])] as const,
    ]);
    return { graph, results: await run(graph, folder, feedsOf(graph, feeds)) };
  };

  it('computes what the CPU form computes, within the rounding of f16', async () => {
    const [cpu, cuda] = [await backbone('cpu'), await backbone('cuda')];
    expect([...cuda.results.keys()]).toEqual([...cpu.results.keys()]);
    for (const [name, expected] of cpu.results)
      expect(distance(cuda.results.get(name)!, expected), name).toBeLessThan(HALF);
    // Something was rounded, or this test would prove nothing.
    expect(distance(cuda.results.get(LENS.residuals)!, cpu.results.get(LENS.residuals)!)).toBeGreaterThan(1e-6);
  });

  it('has a first layer that is the same from tokens and from the embedding', async () => {
    const { model, anatomy, folder } = opened;
    const feeds = promptFeeds(anatomy.inputs, TOKENS);
    const whole = firstLayer(model, anatomy, { device: 'cpu', start: 'tokens' });
    const reference = await run(whole, folder, feedsOf(whole, feeds));
    const before = reference.get(LAYER_STATES.before)!;
    const given = new Map(feeds).set(LAYER_STATES.before, {
      type: 'float32',
      dims: before.dims,
      data: before.data as Float32Array,
    });
    for (const [device, tolerance] of [
      ['cpu', 0],
      ['cuda', HALF],
    ] as const) {
      const layer = firstLayer(model, anatomy, { device, start: 'state' });
      const result = await run(layer, folder, feedsOf(layer, given));
      const difference = distance(result.get(LAYER_STATES.after)!, reference.get(LAYER_STATES.after)!);
      expect(difference).toBeLessThanOrEqual(tolerance);
    }
    expect(distance(reference.get(LAYER_STATES.after)!, before)).toBeGreaterThan(0.01);
  });
});
