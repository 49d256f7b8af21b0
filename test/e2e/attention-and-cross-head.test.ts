import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnalyzeRequest } from '../../src/analysis/request.ts';
import type { Report } from '../../src/report/schema.ts';
import { built } from '../helpers/built.ts';
import { Exports } from './exports.ts';

const { analyze } = await built<typeof import('../../src/analysis/analyze.ts')>('analysis/analyze.js');

const exports = new Exports();
let base: string;
/** attention and experts differ, the head does not */
let states: string;
/** the head and every norm differ */
let heads: string;
beforeAll(async () => {
  base = await exports.make('tiny-published');
  states = await exports.make('tiny-published', 'attention-experts', { shareWith: base });
  heads = await exports.make('tiny-published', 'modules-to-save', { shareWith: base });
});
afterAll(() => exports.remove());

function read(request: Partial<AnalyzeRequest>): Promise<Report> {
  return analyze({ prompt: 'You are a fox. you are fox, give say a ...', device: 'cpu', base, ...request });
}

describe('attention of any layer', () => {
  it('is the same whatever else is listed', async () => {
    const all = (await read({ attentionLayers: 'all', heads: true })).models.base;
    const some = (await read({ attentionLayers: [3, 1], heads: true })).models.base;
    expect(some.attentionLayers).toEqual([all.attentionLayers?.[0], all.attentionLayers?.[2]]);
    expect(some.attention).toEqual(all.attention);
  });

  it('is listed only when layers or heads are asked for', async () => {
    expect((await read({ ft: states })).models.base).not.toHaveProperty('attentionLayers');
    expect((await read({ ft: states })).comparison).not.toHaveProperty('attentionLayers');
    const report = await read({ ft: states, heads: true });
    expect(report.models.base.attentionLayers?.map(({ layer }) => layer)).toEqual([3]);
    expect(report.comparison?.attentionLayers?.[0]?.heads).toHaveLength(4);
  });

  it('stands at the last of the positions read, and sums to 1 over those that it sees', async () => {
    const { base: model } = (await read({ attentionLayers: 'all', heads: true, positions: [0, 6] })).models;
    expect(model.attentionLayers?.map(({ queryPosition }) => queryPosition)).toEqual([6, 6, 6]);
    for (const { weights, heads: list } of model.attentionLayers ?? [])
      for (const each of [weights, ...(list ?? [])]) {
        expect(each).toHaveLength(7);
        // f32 softmax over 7 entries
        expect(each.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 6);
      }
  });

  it('rests on position 0 wholly from position 0', async () => {
    const report = await read({ ft: states, attentionLayers: 'all', heads: true, positions: [0] });
    for (const { sinkShare, entropyNats, headStatistics } of report.models.ft?.attentionLayers ?? []) {
      expect([sinkShare, entropyNats]).toEqual([1, 0]);
      expect(headStatistics?.every((head) => head.sinkShare === 1 && head.entropyNats === 0)).toBe(true);
    }
    for (const { jsNats, meanHeadJsNats } of report.comparison?.attentionLayers ?? [])
      expect([jsNats, meanHeadJsNats]).toEqual([0, 0]);
  });

  it('of one export twice differs by exactly 0 in every head', async () => {
    const { comparison } = await read({ ft: base, attentionLayers: 'all', heads: true });
    expect(comparison?.attentionLayers).toHaveLength(3);
    for (const layer of comparison?.attentionLayers ?? []) {
      expect(layer).toMatchObject({ jsNats: 0, sameTop1: true, sinkShareDelta: 0, meanHeadJsNats: 0 });
      expect(layer.heads?.every(({ jsNats, sinkShareDelta }) => jsNats === 0 && sinkShareDelta === 0)).toBe(true);
    }
  });

  it.each([[[0]], [[4]], [[1, 99]]])('refuses layers %j of a model with 3', async (attentionLayers) => {
    await expect(read({ attentionLayers })).rejects.toMatchObject({ kind: 'usage', where: '--attention-layers' });
  });
});

describe('the cross-head reading', () => {
  it('finds both heads to be the same, and then reads nothing', async () => {
    expect((await read({ ft: states, crossHead: true })).comparison?.crossHead).toEqual({
      sameHead: true,
      positions: [],
    });
    expect((await read({ ft: base, crossHead: true })).comparison?.crossHead?.sameHead).toBe(true);
  });

  it('changes no other number of the report', async () => {
    const [plain, crossed] = [
      await read({ ft: heads, positions: 'all' }),
      await read({ ft: heads, positions: 'all', crossHead: true }),
    ];
    const { crossHead, ...comparison } = crossed.comparison!;
    expect(crossHead?.positions).toHaveLength(crossed.prompt.tokens.length);
    // Rows that go through a head together with others are the same sums in another order.
    for (const [i, { layers }] of comparison.positions.entries())
      for (const [layer, { jsNats }] of layers.entries())
        expect(jsNats).toBeCloseTo(plain.comparison!.positions[i]!.layers[layer]!.jsNats, 5);
    expect(crossed.checks.map(({ id, status }) => [id, status])).toEqual(
      plain.checks.map(({ id, status }) => [id, status]),
    );
  });

  it('gives the embedding, which is equal, to the head alone, in both ways alike', async () => {
    const { comparison } = await read({ ft: heads, crossHead: true });
    const [embedding] = comparison!.crossHead!.positions[0]!.layers;
    expect([embedding!.baseHead.jsNats, embedding!.ftHead.jsNats]).toEqual([0, 0]);
    expect(embedding!.headJsNats.baseState).toBe(embedding!.headJsNats.ftState);
    expect(embedding!.headJsNats.baseState).toBe(comparison!.positions[0]!.layers[0]!.jsNats);
    expect(embedding!.headJsNats.baseState).toBeGreaterThan(1e-3);
  });

  it('reads both heads where no manifest says that they are the same, and finds no difference between them', async () => {
    const withoutManifest = (folder: string, name: string): string => {
      const copied = join(exports.folder, name);
      cpSync(folder, copied, { recursive: true });
      rmSync(join(copied, 'manifest.json'));
      return copied;
    };
    const { comparison } = await read({
      base: withoutManifest(base, 'base-alone'),
      ft: withoutManifest(states, 'states-alone'),
      crossHead: true,
    });
    expect(comparison?.crossHead?.sameHead).toBe(false);
    for (const { layer, baseHead, ftHead, headJsNats } of comparison!.crossHead!.positions[0]!.layers) {
      expect(headJsNats).toEqual({ baseState: 0, ftState: 0 });
      expect(baseHead.jsNats).toBe(comparison!.positions[0]!.layers[layer]!.jsNats);
      expect(ftHead.jsNats).toBe(baseHead.jsNats);
    }
  });

  it('stands beside a noise floor, which has a head of its own as well', async () => {
    const floor = join(exports.folder, 'eight-bit');
    await exports.make('tiny-published', undefined, { out: floor, bits: 8, headBits: 8 });
    const plain = (await read({ ft: heads, crossHead: true })).comparison!.crossHead!;
    const { comparison } = await read({ ft: heads, floor, crossHead: true, attentionLayers: 'all' });
    expect(comparison?.floor?.attentionLayers?.map(({ layer }) => layer)).toEqual([1, 2, 3]);
    for (const [layer, { baseHead, headJsNats }] of comparison!.crossHead!.positions[0]!.layers.entries()) {
      const alone = plain.positions[0]!.layers[layer]!;
      // f32 sums in another order, as more rows go through the heads together
      expect(baseHead.jsNats).toBeCloseTo(alone.baseHead.jsNats, 5);
      expect(headJsNats.ftState).toBeCloseTo(alone.headJsNats.ftState, 5);
    }
  });

  it('needs two models', async () => {
    await expect(read({ crossHead: true })).rejects.toMatchObject({ kind: 'usage', where: '--cross-head' });
  });
});
