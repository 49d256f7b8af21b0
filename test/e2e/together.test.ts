import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../src/analysis/engine/engine.ts';
import { type OpenModel, openModel } from '../../src/analysis/model/open-model.ts';
import type { ProgressEvent } from '../../src/analysis/progress.ts';
import { type ForwardPass, passThrough, passThroughAll } from '../../src/analysis/reading/forward-pass.ts';
import { ReadAhead } from '../../src/analysis/reading/read-ahead/read-ahead.ts';
import type { ByteRange } from '../../src/analysis/reading/read-ahead/weight-ranges.ts';
import { type BackboneStates, prepareBackbone, runBackbones } from '../../src/analysis/reading/run-backbone.ts';
import type { Manifest } from '../../src/export/folder/manifest.ts';
import { externalFiles } from '../../src/onnx/external-data.ts';
import type { ModelReport, Report } from '../../src/report/schema.ts';
import { built } from '../helpers/built.ts';
import { Exports } from './exports.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');
const engines = await built<typeof import('../../src/analysis/engine/engine.ts')>('analysis/engine/engine.js');

/** Sums of f32 in another order: the rows of two models go through an expert together. Relative to 1 or the number. */
const TOLERANCE = 1e-5;

const exports = new Exports();
let base: string;
beforeAll(async () => {
  base = await exports.make('tiny-published');
});
afterAll(() => exports.remove());

/** @returns the report, and which phases of what began, such as `both forward` */
async function read(folders: { base: string; ft?: string }): Promise<{ report: Report; said: string[] }> {
  const said: string[] = [];
  const onProgress = (event: ProgressEvent): void => {
    if (event.type === 'start') said.push(`${event.model} ${event.phase}`);
  };
  const request = { prompt: 'You are a fox. you are fox, give say a ...', positions: 'all', heads: true } as const;
  return { report: await analyze({ ...request, device: 'cpu', ...folders }, { onProgress }), said };
}

/** Every number of one reading beside that of another, by where it stands. */
function expectSameReading(actual: ModelReport, expected: ModelReport): void {
  const differing: string[] = [];
  const compare = (a: unknown, b: unknown, path: string): void => {
    if (typeof a === 'number' && typeof b === 'number') {
      if (!(Math.abs(a - b) <= TOLERANCE * Math.max(1, Math.abs(b)))) differing.push(`${path}: ${a} instead of ${b}`);
    } else if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
        compare(Reflect.get(a, key), Reflect.get(b, key), `${path}.${key}`);
    } else if (a !== b) differing.push(`${path}: ${String(a)} instead of ${String(b)}`);
  };
  compare(withoutTiming(actual), withoutTiming(expected), 'model');
  expect(differing).toEqual([]);
}

function withoutTiming(model: ModelReport): object {
  return { ...model, timing: undefined };
}

describe('two models that share experts', () => {
  it.each([
    'attention',
    'router',
    'modules-to-save',
    // which changes the experts of one layer out of three
    'attention-experts',
  ])('run together: %s', async (adapter) => {
    const ft = await exports.make('tiny-published', adapter, { shareWith: base });
    const { report, said } = await read({ base, ft });
    expect(said.filter((each) => each.endsWith('forward'))).toEqual(['both forward']);
    expect(report.comparison?.identical).toBe(false);
    expectSameReading(report.models.base, (await read({ base })).report.models.base);
    const alone = (await read({ base: ft })).report.models.base;
    expectSameReading(report.models.ft!, alone);
  });

  it('do so wherever their folders stand, and whatever these are called', async () => {
    const ft = await exports.make('tiny-published', 'attention', { shareWith: base });
    const far = join(exports.folder, 'some where/Ünï "x"');
    mkdirSync(far, { recursive: true });
    await exports.make('tiny-published', 'attention', { shareWith: base, out: join(far, 'ft') });
    symlinkSync(far, join(exports.folder, 'link'));
    const { report, said } = await read({ base, ft: join(exports.folder, 'link', 'ft') });
    expect(said).toContain('both forward');
    expect(withoutTiming(report.models.ft!)).toMatchObject({
      layers: 3,
      positions: (await read({ base, ft })).report.models.ft!.positions,
    });
  });

  it('are known by their files, with or without a manifest', async () => {
    const linked = join(exports.folder, 'linked');
    await exports.make('tiny-published', 'attention', { shareWith: base, out: linked });
    rmSync(join(linked, 'manifest.json'));
    expect((await read({ base, ft: linked })).said).toContain('both forward');
    const copied = join(exports.folder, 'copied');
    cpSync(linked, copied, { recursive: true });
    expect((await read({ base, ft: copied })).said).toContain('ft forward');
  });

  it('are not believed by their hashes: a file that was damaged since shows', async () => {
    const damaged = join(exports.folder, 'damaged');
    cpSync(base, damaged, { recursive: true });
    const { tensors } = JSON.parse(readFileSync(join(base, 'manifest.json'), 'utf8')) as Manifest;
    const experts = tensors.find(({ kind, name }) => kind === 'experts' && name.includes('down_proj'))!;
    const bytes = readFileSync(join(damaged, experts.file));
    for (let at = experts.offset; at < experts.offset + experts.bytes; at += 1) bytes[at]! ^= 0x77;
    writeFileSync(join(damaged, experts.file), bytes);
    const { report, said } = await read({ base, ft: damaged });
    expect(said).toContain('ft forward');
    expect(report.comparison?.identical).toBe(false);
    expect(report.comparison?.verdict?.sentences.join(' ')).toContain('is not what its manifest says');
  });
});

it('runs models with other experts one after the other, each as if it were alone', async () => {
  const [demo, ft] = ['base-int4', 'ft-int4'].map((name) => join(import.meta.dirname, '../../models', name)) as [
    string,
    string,
  ];
  const { report, said } = await read({ base: demo, ft });
  expect(said.filter((each) => each.endsWith('forward'))).toEqual(['base forward', 'ft forward']);
  const alone = (await read({ base: demo })).report.models.base;
  expect(withoutTiming(report.models.base)).toEqual(withoutTiming(alone));
});

it('finds no difference between a model and itself, to the last bit', async () => {
  const { report, said } = await read({ base, ft: base });
  expect(said).toContain('both forward');
  expect(report.comparison?.identical).toBe(true);
  for (const { layers } of report.comparison!.positions)
    for (const { jsNats, klFtBaseNats, residualRelativeL2 } of layers)
      expect([jsNats, klFtBaseNats, residualRelativeL2]).toEqual([0, 0, 0]);
});

describe('a pass through two models', () => {
  let engine: Engine;
  let models: [OpenModel, OpenModel];
  const ids = [5, 9, 200, 31, 7, 77, 150];
  const job = { ids, positions: [0, 3, 6], options: {} };
  beforeAll(async () => {
    engine = new engines.Engine({ kind: 'cpu' });
    const ft = await exports.make('tiny-published', 'attention', { shareWith: base });
    models = [await openModel(base), await openModel(ft)];
  });
  afterAll(() => engine.close());

  const together = (of = job): ForwardPass =>
    passThroughAll(
      new Map([
        ['base', prepareBackbone('cpu', models[0], of)],
        ['ft', prepareBackbone('cpu', models[1], of)],
      ]),
    );

  /** @param cut after the router of every layer */
  async function run(pass: ForwardPass, cut: boolean, readAhead?: ReadAhead): Promise<BackboneStates[]> {
    const layers = models[0].anatomy.layers.map(({ router }) => router!.logits);
    const boundaries = cut ? layers.map((logits) => pass.members.map(({ nameOf }) => nameOf(logits))) : [];
    const plan = { boundaries, cpuStages: 0, processes: [], readAhead, close: () => Promise.resolve() };
    const watch = { onLoaded: () => undefined, onDone: () => undefined };
    return (await runBackbones(engine, pass, job, plan, watch)).states;
  }

  it('calls the experts of each layer once, and holds their weights once', () => {
    const { graph } = together().graph;
    expect(graph.node.filter(({ opType }) => opType === 'QMoE')).toHaveLength(3);
    const experts = graph.initializer.filter(({ name }) => name.includes('mlp.experts'));
    expect(experts).toHaveLength(
      models[0].model.graph.initializer.filter(({ name }) => name.includes('mlp.experts')).length,
    );
    expect(new Set(graph.initializer.map(({ name }) => name)).size).toBe(graph.initializer.length);
  });

  it('gives the same whether it runs in one piece or layer by layer', async () => {
    const [whole, cut] = [await run(together(), false), await run(together(), true)];
    for (const [i, { routerLogits, attention }] of cut.entries()) {
      expect(routerLogits).toEqual(whole[i]!.routerLogits);
      expect(attention).toEqual(whole[i]!.attention);
    }
    expect(cut[0]!.routerLogits).not.toEqual(cut[1]!.routerLogits);
  });

  it('reads ahead the experts that either model chooses, and no others', async () => {
    // One token: it goes to two of four experts in each layer, in the first layer to the same two in both models.
    const token = { ...job, ids: [5], positions: [0] };
    let all = 0;
    const chosen = async (each: ForwardPass): Promise<Set<string>> => {
      const places = new Map<string, ByteRange>();
      for (const { file, tensors } of externalFiles(each.graph, ''))
        for (const tensor of tensors) places.set(tensor.name, { ...tensor, file });
      const stacks = [...places].filter(([name]) => name.includes('mlp.experts')).map(([, place]) => place);
      all = stacks.length * 4;
      const experts = new Set<string>();
      const cache = {
        read: (ranges: readonly ByteRange[]) => {
          for (const { file, offset, length } of ranges) {
            const stack = stacks.find(
              (place) => file === place.file && offset >= place.offset && offset < place.offset + place.length,
            );
            const size = stack && stack.length / 4;
            if (stack && size)
              for (let at = offset; at < offset + length; at += size)
                experts.add(`${stack.offset} ${(at - stack.offset) / size}`);
          }
          return Promise.resolve();
        },
      };
      await run(each, true, new ReadAhead(cache, places, 1));
      return experts;
    };
    const alone = models.map((model) => passThrough(prepareBackbone('cpu', model, token)));
    const [ofBase, ofFt] = [await chosen(alone[0]!), await chosen(alone[1]!)];
    const union = new Set([...ofBase, ...ofFt]);
    expect(await chosen(together(token))).toEqual(union);
    expect(union.size).toBeLessThan(all);
  });
});
