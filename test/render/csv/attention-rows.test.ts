import { describe, expect, it } from 'vitest';
import { attentionRows } from '../../../src/render/csv/attention-rows.ts';
import { crossHeadRows } from '../../../src/render/csv/cross-head-rows.ts';
import { withAttention, withCrossHead, withSameHead } from '../attention-report.ts';
import { samplePair } from '../sample-report.ts';

describe('attention in CSV', () => {
  const report = withAttention(samplePair(), { layers: [3, 48], heads: 2, listHeads: true });
  const rows = attentionRows(report);
  const values = (model: string, layer: number, statistic: string) =>
    rows
      .filter((row) => row.model === model && row.layer === layer && row.statistic === statistic)
      .map(({ key, value }) => [key, value]);

  it('has every weight, of the mean and of each head', () => {
    const [layer] = report.models.ft!.attentionLayers!;
    expect(values('ft', 3, 'attentionLayers.weight')).toEqual(layer!.weights.map((weight, key) => [key, weight]));
    expect(values('ft', 3, 'attentionLayers.heads')).toEqual(
      layer!.heads!.flatMap((weights, head) => weights.map((weight, key) => [`${head}@${key}`, weight])),
    );
    expect(values('ft', 3, 'attentionLayers.sinkShare')).toEqual([[undefined, layer!.sinkShare]]);
    expect(values('ft', 3, 'attentionLayers.headStatistics.entropyNats')).toEqual(
      layer!.headStatistics!.map(({ head, entropyNats }) => [head, entropyNats]),
    );
  });

  it('has what differs, by layer and by head', () => {
    const [change] = report.comparison!.attentionLayers!;
    expect(values('both', 3, 'attentionLayers.jsNats')).toEqual([[undefined, change!.jsNats]]);
    expect(values('both', 3, 'attentionLayers.heads.jsNats')).toEqual(
      change!.heads!.map(({ head, jsNats }) => [head, jsNats]),
    );
  });

  it('writes no key that a spreadsheet would read as a date or a time', () => {
    for (const { key } of rows) expect(String(key ?? '')).toMatch(/^(?:\d+(?:@\d+)?)?$/);
  });

  it('keeps the last layer by itself, as reports without listed layers have it', () => {
    expect(attentionRows(samplePair()).map(({ statistic }) => statistic)).toContain('attention.weight');
    expect(attentionRows(samplePair()).every(({ statistic }) => !statistic.startsWith('attentionLayers'))).toBe(true);
  });
});

describe('the cross-head reading in CSV', () => {
  it('has four divergences and two answers for each layer', () => {
    const report = withCrossHead(samplePair());
    const layer = report.comparison!.crossHead!.positions[0]!.layers[48]!;
    const rows = crossHeadRows(report).filter((row) => row.layer === 48);
    const value = (statistic: string) => rows.find((row) => row.statistic === statistic)?.value;
    expect(value('crossHead.baseHead.jsNats')).toBe(layer.baseHead.jsNats);
    expect(value('crossHead.headJsNats.ftState')).toBe(layer.headJsNats.ftState);
    expect(value('crossHead.baseHead.ftTop.prob')).toBe(layer.baseHead.ftTop[0]!.prob);
    expect(crossHeadRows(samplePair())).toEqual([]);
  });

  it('says that both heads are the same', () => {
    expect(crossHeadRows(withSameHead(samplePair()))).toEqual([
      { model: 'both', statistic: 'crossHead.sameHead', value: 1 },
    ]);
  });
});
