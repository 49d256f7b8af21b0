import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findAnatomy } from '../../src/analysis/anatomy/find-anatomy.ts';
import type { Engine } from '../../src/analysis/engine/engine.ts';
import { misplacedNodes } from '../../src/analysis/engine/placement.ts';
import { floatTensor } from '../../src/analysis/engine/tensors.ts';
import { openModel, type OpenModel } from '../../src/analysis/model/open-model.ts';
import { testDevice } from '../../src/analysis/reading/self-test.ts';
import { lensGraph } from '../../src/analysis/surgery/lens-graph.ts';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../src/onnx/model.ts';
import { normals } from '../analysis/lens/random.ts';
import { built } from '../helpers/built.ts';
import { SIZES, syntheticDecoder } from '../helpers/synthetic-decoder.ts';

/** The software Vulkan that comes with Debian's chromium: f32 only, and on the CPU, but through the whole of WebGPU. */
const vulkanLibrary = '/usr/lib/chromium/libvulkan.so.1';
const driver = '/usr/lib/chromium/vk_swiftshader_icd.json';

// Skipped on machines without it: nothing else runs WebGPU without a graphics card.
describe.skipIf(!existsSync(vulkanLibrary) || !existsSync(driver))('WebGPU on SwiftShader', () => {
  let engine: Engine;
  beforeAll(async () => {
    process.env.VK_DRIVER_FILES = driver;
    const module = await built<typeof import('../../src/analysis/engine/engine.ts')>('analysis/engine/engine.js');
    engine = new module.Engine({ kind: 'webgpu', vulkanLibrary });
  });
  afterAll(async () => {
    delete process.env.VK_DRIVER_FILES;
    await engine.close();
  });

  it('finds the one operator of a graph that ran on the CPU', async () => {
    const model = emptyModel('planted', 21);
    const builder = new GraphBuilder(model);
    builder.input('x', DataType.FLOAT, [64, 64]);
    const product = builder.node('/product', 'MatMul', ['x', 'x']);
    const double = builder.node('/double', 'Cast', [product], { attributes: { to: BigInt(DataType.DOUBLE) } });
    const planted = builder.node('/planted', 'Sin', [double]);
    builder.node('/back', 'Cast', [planted], { attributes: { to: BigInt(DataType.FLOAT) }, outputs: ['y'] });
    builder.output('y', DataType.FLOAT);
    const session = await engine.createSession(encodeModel(model), 'planted', { profile: true });
    await session.run({ x: floatTensor(normals(64 * 64, 1), [64, 64]) }, { fetch: ['y'] });
    const nodes = await session.placement();
    await session.release();
    const misplaced = misplacedNodes(engine.device, nodes).map(({ name }) => name);
    expect(misplaced).toContain('/planted');
    expect(misplaced).not.toContain('/product');
  });

  it('gives the statistics of the CPU', async () => {
    const model = syntheticDecoder({ mlp: 'none', layers: 2 });
    const anatomy = findAnatomy(model, { where: 'model.onnx' });
    const settings = {
      norm: 'final',
      topK: 3,
      finalTop: 3,
      activeThreshold: 0.01,
      tracked: [],
      trackedSets: [[5, 1, 2]],
    } as const;
    const graph = encodeModel(
      lensGraph(model, anatomy, { ...settings, device: 'webgpu', views: ['base', 'ft'], pairs: [['base', 'ft']] }),
    );
    const { vocabulary, hidden } = SIZES;
    const feeds = Object.fromEntries(
      ['base', 'ft'].flatMap((side, i) => [
        [`${side}.residuals`, floatTensor(normals(3 * hidden, 2 + i), [3, 1, hidden])],
        [`${side}.own_logits`, floatTensor(normals(vocabulary, 4 + i), [1, vocabulary])],
      ]),
    );
    const fetch = ['entropy', 'kl_to_final', 'set_probs', 'base.ft.js', 'base.ft.kl_ft_base'];
    const [onDevice, onCpu] = await Promise.all(
      [false, true].map(async (cpu) => {
        const session = await engine.createSession(graph, 'lens', { onCpu: cpu });
        return session.run(feeds, { fetch });
      }),
    );
    for (const name of fetch)
      for (const [i, value] of onCpu!.floats(name).entries()) expect(onDevice!.floats(name)[i]).toBeCloseTo(value, 5);
  });

  it('passes the self-test with a layer that it computes rightly', { timeout: 120_000 }, async () => {
    const model = syntheticDecoder({ mlp: 'dense', layers: 1 });
    const anatomy = findAnatomy(model, { where: 'model.onnx' });
    const open = { model, anatomy, file: 'model.onnx', folder: '.' } as OpenModel;
    const check = await testDevice(engine, 'base', open, [5, 7, 11, 13], {});
    expect(check).toMatchObject({ id: 'device-equals-cpu', model: 'base' });
    // f32 on both: rounding in another order.
    expect(check?.value).toBeLessThan(1e-4);
  });

  it('computes experts rightly for several tokens', { timeout: 240_000 }, async () => {
    const model = await openModel(fileURLToPath(new URL('../../models/base-int4', import.meta.url)));
    const check = await testDevice(engine, 'base', model, [5, 7, 11, 13], {});
    expect(check).toMatchObject({ id: 'device-equals-cpu', status: 'warn' });
  });
});
