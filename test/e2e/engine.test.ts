import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/analysis/engine/engine.ts';
import { floatTensor, int64Tensor } from '../../src/analysis/engine/tensors.ts';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../src/onnx/model.ts';
import { built } from '../helpers/built.ts';

const module = await built<typeof import('../../src/analysis/engine/engine.ts')>('analysis/engine/engine.js');
const engines: Engine[] = [];
const start = (signal?: AbortSignal) => {
  const engine = new module.Engine({ kind: 'cpu' }, signal);
  engines.push(engine);
  return engine;
};
afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));

function graph(build: (builder: GraphBuilder) => void): Uint8Array {
  const model = emptyModel('test', 21);
  build(new GraphBuilder(model));
  return encodeModel(model);
}

const doubling = graph((builder) => {
  builder.input('x', DataType.FLOAT, ['n']);
  builder.node('/double', 'Add', ['x', 'x'], { outputs: ['y'] });
  builder.output('y', DataType.FLOAT);
});

/** Minutes of multiplication that no message can interrupt. */
const endless = graph((builder) => {
  builder.input('side', DataType.INT64, [2]);
  let product = builder.node('/ones', 'ConstantOfShape', ['side']);
  for (let i = 0; i < 200; i += 1) product = builder.node(`/product.${i}`, 'MatMul', [product, product]);
  builder.node('/sum', 'ReduceSum', [product], { outputs: ['y'] });
  builder.output('y', DataType.FLOAT);
});

/** ONNX Runtime 1.30 divides by zero on this number of heads. */
const deadly = graph((builder) => {
  const states = ['query', 'key', 'value'].map((name) => builder.input(name, DataType.FLOAT, [1, 1, 64]));
  const caches = ['past_key', 'past_value'].map((name) => builder.input(name, DataType.FLOAT, [1, 1, 0, 64]));
  const lengths = ['lengths', 'total'].map((name) => builder.input(name, DataType.INT32, name === 'total' ? [] : [1]));
  builder.node('/attention', 'GroupQueryAttention', [...states, ...caches, ...lengths], {
    domain: 'com.microsoft',
    attributes: { num_heads: 1n << 62n, kv_num_heads: 1n << 62n },
    outputs: ['y', 'present_key', 'present_value'],
  });
  builder.output('y', DataType.FLOAT);
});

describe('the engine', () => {
  it('says which ONNX Runtime it is', async () => {
    await expect(start().version()).resolves.toBe('1.30.0');
  });

  it('runs a graph on values and on what another run left in it', async () => {
    const engine = start();
    const session = await engine.createSession(doubling, 'doubling');
    const first = await session.run({ x: floatTensor(Float32Array.of(1, 2.5), [2]) }, { keep: ['y'] });
    const kept = first.resident('y');
    expect(kept.dims).toEqual([2]);
    const second = await session.run({ x: kept }, { fetch: ['y'] });
    expect([...second.floats('y')]).toEqual([4, 10]);
    await engine.drop([kept]);
    await expect(session.run({ x: kept }, { fetch: ['y'] })).rejects.toThrow('ONNX Runtime failed on this model.');
  });

  it('refuses a model that is none, naming the file and no source file of the runtime', async () => {
    const failure = start().createSession(Uint8Array.of(1, 2, 3), 'broken/model.onnx');
    await expect(failure).rejects.toMatchObject({ kind: 'runtime', where: 'broken/model.onnx' });
    await expect(failure).rejects.toHaveProperty('got', expect.not.stringMatching(/\.cc|onnxruntime_src/));
  });

  it('survives a graph that kills the runtime, and says so', async () => {
    const engine = start();
    const run = async () => {
      const session = await engine.createSession(deadly, 'deadly/model.onnx');
      const state = floatTensor(new Float32Array(64), [1, 1, 64]);
      const cache = floatTensor(new Float32Array(0), [1, 1, 0, 64]);
      const feeds = { query: state, key: state, value: state, past_key: cache, past_value: cache };
      const int32 = (values: number[], dims: number[]) => ({
        type: 'int32' as const,
        dims,
        data: Int32Array.from(values),
      });
      await session.run({ ...feeds, lengths: int32([0], [1]), total: int32([1], []) }, { fetch: ['y'] });
    };
    await expect(run()).rejects.toMatchObject({
      message: 'The runtime crashed on this model.',
      kind: 'runtime',
      where: expect.stringContaining('deadly/model.onnx'),
      got: expect.stringMatching(/^signal SIG(FPE|SEGV|ABRT)$/),
    });
    await expect(engine.version()).rejects.toThrow('The runtime crashed on this model.');
  });

  it('stops at once when interrupted in the middle of a run', async () => {
    const controller = new AbortController();
    const session = await start(controller.signal).createSession(endless, 'endless');
    const run = session.run({ side: int64Tensor([4000, 4000]) }, { fetch: ['y'] });
    setTimeout(() => controller.abort(), 200);
    const before = performance.now();
    await expect(run).rejects.toMatchObject({ kind: 'interrupted' });
    expect(performance.now() - before).toBeLessThan(2_000);
  });

  it('does not start at all for a signal that has fired', async () => {
    await expect(start(AbortSignal.abort()).version()).rejects.toMatchObject({ kind: 'interrupted' });
  });

  it('leaves no process behind, whatever it was doing', async () => {
    const engine = start();
    const session = await engine.createSession(endless, 'endless');
    const run = session.run({ side: int64Tensor([4000, 4000]) }, { fetch: ['y'] });
    const { processId } = engine;
    expect(process.kill(processId, 0)).toBe(true);
    await Promise.all([engine.close(), expect(run).rejects.toMatchObject({ kind: 'interrupted' })]);
    expect(() => process.kill(processId, 0)).toThrow('ESRCH');
  });

  it('sends no telemetry', async () => {
    const home = mkdtempSync(join(tmpdir(), 'ft-lens-home-'));
    const own = process.env.HOME;
    try {
      process.env.HOME = home;
      const session = await start().createSession(doubling, 'doubling');
      await session.run({ x: floatTensor(Float32Array.of(1), [1]) }, { fetch: ['y'] });
      expect(readdirSync(home)).toEqual([]);
    } finally {
      process.env.HOME = own;
      rmSync(home, { recursive: true });
    }
  });
});
