import { describe, expect, it } from 'vitest';
import { attentionOf } from '../../src/analysis/lens/attention.ts';
import type { AttentionReading } from '../../src/analysis/lens/readings.ts';
import { buildAttentionLayer, compareAttentionLayers } from '../../src/report/build-attention.ts';
import { attentionLayerComparisonSchema, attentionLayerSchema } from '../../src/report/schema/attention.ts';

/** Two heads that look at three positions. */
function reading(layer: number, ...weights: number[]): AttentionReading {
  return { layer, queryPosition: 2, attention: attentionOf(Float32Array.from(weights), 2, 3, 2) };
}

const context = { tokenText: (id: number) => `t${id}`, promptIds: [8, 9, 10], attentionTop: 1, heads: true };
const base = reading(3, 0.5, 0.25, 0.25, 0, 0.25, 0.75);
const ft = reading(3, 0.25, 0.5, 0.25, 0, 0.25, 0.75);

describe('buildAttentionLayer', () => {
  it('tells of the mean and of every head', () => {
    const layer = buildAttentionLayer(base, context);
    expect(attentionLayerSchema.parse(layer)).toEqual(layer);
    expect(layer).toMatchObject({
      layer: 3,
      queryPosition: 2,
      top: [{ position: 2, id: 10, text: 't10', weight: 0.5 }],
      sinkShare: 0.25,
      heads: [
        [0.5, 0.25, 0.25],
        [0, 0.25, 0.75],
      ],
      headStatistics: [
        { head: 0, sinkShare: 0.5 },
        { head: 1, sinkShare: 0 },
      ],
    });
  });

  it('leaves heads out unless they are asked for', () => {
    const layer = buildAttentionLayer(base, { ...context, heads: false });
    expect(layer).not.toHaveProperty('heads');
    expect(layer).not.toHaveProperty('headStatistics');
  });
});

describe('compareAttentionLayers', () => {
  it('finds the head that differs', () => {
    const [layer] = compareAttentionLayers([base], [ft], true);
    expect(attentionLayerComparisonSchema.parse(layer)).toEqual(layer);
    // of head 0: ½ · 2 · (½ ln 4⁄3 + ¼ ln 2⁄3), and its mirror image
    const js = 0.5 * Math.log(4 / 3) + 0.25 * Math.log(2 / 3);
    expect(layer).toMatchObject({
      layer: 3,
      queryPosition: 2,
      sameTop1: true,
      sinkShareDelta: -0.125,
      meanHeadJsNats: expect.closeTo(js / 2, 12) as number,
      mostChangedHead: { head: 0, jsNats: expect.closeTo(js, 12) as number },
      heads: [
        { head: 0, jsNats: expect.closeTo(js, 12) as number, sinkShareDelta: -0.25 },
        { head: 1, jsNats: 0, sinkShareDelta: 0 },
      ],
    });
    expect(layer!.jsNats).toBeLessThan(layer!.meanHeadJsNats!);
  });

  it('gives exactly 0 for equal attention', () => {
    expect(compareAttentionLayers([base], [base], true)[0]).toMatchObject({
      jsNats: 0,
      sinkShareDelta: 0,
      meanHeadJsNats: 0,
      mostChangedHead: { head: 0, jsNats: 0 },
    });
  });

  it('compares the layers that both models give', () => {
    expect(compareAttentionLayers([reading(1, 1, 0, 0, 1, 0, 0), base], [ft], false).map(({ layer }) => layer)).toEqual(
      [3],
    );
    expect(compareAttentionLayers([base], [ft], false)[0]).not.toHaveProperty('heads');
  });

  it('says nothing of heads when the models have not the same number of them', () => {
    const one = { ...ft, attention: attentionOf(Float32Array.of(0.25, 0.5, 0.25), 1, 3, 2) };
    expect(compareAttentionLayers([base], [one], true)[0]).toMatchObject({
      meanHeadJsNats: null,
      mostChangedHead: null,
    });
  });
});
