import { describe, expect, it } from 'vitest';
import { renderTable, type TableView } from '../../../src/render/table.ts';
import type { Report } from '../../../src/report/schema.ts';
import { EVERY_LAYER, withAttention, withCrossHead, withSameHead } from '../attention-report.ts';
import { sampleIdentical, samplePair, sampleSingle, sampleTwoPositions } from '../sample-report.ts';

const VIEW: TableView = { width: 100, colour: 0, ascii: false, accessible: false, layers: 'fold', terminal: false };

/** The lines of the sections that begin with these words. */
function sections(report: Report, view: Partial<TableView>, ...titles: readonly string[]): string {
  const found = renderTable(report, { ...VIEW, ...view })
    .split('\n\n')
    .filter((section) => titles.some((title) => section.startsWith(title)));
  return found.map((section) => `${section}\n`).join('\n');
}

const all = withAttention(samplePair(), { layers: EVERY_LAYER, heads: 32, listHeads: true });

describe('attention by layer', () => {
  it.each([60, 80, 120, 160])('at %i columns', async (width) => {
    const text = sections(all, { width }, 'Attention by layer', 'Heads');
    await expect(text).toMatchFileSnapshot(`../snapshots/attention-layers-${width}.txt`);
  });

  it('in ASCII', async () => {
    const text = sections(all, { width: 80, ascii: true }, 'Attention by layer', 'Heads');
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    await expect(text).toMatchFileSnapshot('../snapshots/attention-layers-ascii.txt');
  });

  it('lists the layers and heads that differ most, the farthest first', () => {
    const changes = all.comparison!.attentionLayers!;
    const names = (rows: readonly { name: string; js: number }[], count: number) =>
      rows
        .toSorted((a, b) => b.js - a.js)
        .slice(0, count)
        .map(({ name }) => name);
    const text = sections(all, {}, 'Attention by layer', 'Heads');
    const layers = changes.map(({ layer, jsNats }) => ({ name: `L-${layer}`, js: jsNats }));
    expect([...text.matchAll(/^(L-\d+) +│/gm)].map(([, name]) => name)).toEqual(names(layers, 6));
    const heads = changes.flatMap(({ layer, heads: list }) =>
      list!.map(({ head, jsNats }) => ({ name: `L-${layer} h${head}`, js: jsNats })),
    );
    expect([...text.matchAll(/^(L-\d+ h\d+) +│/gm)].map(([, name]) => name)).toEqual(names(heads, 8));
  });

  it('lists every layer where nothing is cut', () => {
    const text = sections(all, { width: undefined }, 'Attention by layer');
    expect([...text.matchAll(/^L-(\d+) +│/gm)].map(([, layer]) => Number(layer))).toEqual(EVERY_LAYER);
  });

  it('of one model: what rests least on the sink', () => {
    const single = withAttention(sampleSingle(), { layers: EVERY_LAYER, heads: 4, listHeads: false });
    const text = sections(single, {}, 'Attention by layer', 'Heads');
    expect(text).toContain('rest least on the sink');
    expect(text).not.toMatch(/JS|Heads/);
    const shares = single.models.base.attentionLayers!.toSorted((a, b) => a.sinkShare - b.sinkShare);
    expect(text.match(/^L-\d+/gm)).toEqual(shares.slice(0, 6).map(({ layer }) => `L-${layer}`));
  });

  it('of two identical models: once, and no difference', () => {
    const text = sections(
      withAttention(sampleIdentical(), { layers: [1, 2], heads: 2, listHeads: true }),
      {},
      'Attention by layer',
      'Heads',
    );
    expect(text).not.toContain('JS');
    expect(text.match(/^L-\d+ +│/gm)).toHaveLength(2);
  });

  it('stands at the position that attends only', () => {
    const text = sections(
      withAttention(sampleTwoPositions(), { layers: [1, 2], heads: 2, listHeads: false }),
      {},
      'Attention by layer',
    );
    expect(text.match(/Attention by layer/g)).toHaveLength(1);
  });

  it('stands beside the noise floor, and marks what rounding alone explains', () => {
    const report = withAttention(samplePair(), { layers: [3, 24], heads: 2, listHeads: false });
    const [low, high] = report.comparison!.attentionLayers!;
    const floor = [
      { layer: 3, jsNats: low!.jsNats },
      { layer: 24, jsNats: high!.jsNats / 2 },
    ];
    report.comparison!.floor = {
      path: 'base-int8',
      name: 'base-int8',
      recipe: '8-bit block 64',
      positions: [],
      attention: null,
      attentionLayers: floor,
      rows: { total: 0, withinFloor: 0 },
    };
    const text = sections(report, {}, 'Attention by layer');
    expect(text).toMatch(/^layer │ JS .*│ floor/m);
    expect(text).toMatch(/^L-3 +│ ≈ /m);
    expect(text).toMatch(/^L-24 +│ ~ /m);
    expect(renderTable(report, { ...VIEW, accessible: true })).toMatch(
      /^Attention of layer 3, .*, of rounding alone /m,
    );
  });

  it('is left out unless it was asked for', () => {
    expect(sections(samplePair(), {}, 'Attention by layer', 'Heads', 'Cross-head')).toBe('');
  });

  it('in sentences', () => {
    const text = renderTable(withAttention(samplePair(), { layers: [3, 24], heads: 2, listHeads: true }), {
      ...VIEW,
      accessible: true,
    });
    expect(text.match(/^Attention of layer (3|24), mean of heads: divergence /gm)).toHaveLength(2);
    expect(text.match(/^Head [01] of layer (3|24): divergence /gm)).toHaveLength(4);
    expect(text).toMatch(/Base \d+\.\d percent on position 0, entropy \d\.\d\d, most to position \d "/);
  });
});

describe('the cross-head reading', () => {
  const report = withCrossHead(samplePair());

  it.each([60, 80, 120])('at %i columns', async (width) => {
    await expect(sections(report, { width }, 'Cross-head')).toMatchFileSnapshot(`../snapshots/cross-head-${width}.txt`);
  });

  it('always shows the last layer', () => {
    expect(sections(report, {}, 'Cross-head')).toMatch(/^L-48 +│/m);
  });

  it('is one sentence, said once, when both heads are the same', () => {
    const text = sections(withSameHead(sampleTwoPositions()), {}, 'Cross-head');
    expect(text).toMatch(/^Cross-head Both models have the same final norm and head, bit by bit: /);
    expect(text.match(/Cross-head/g)).toHaveLength(1);
  });

  it('in sentences', () => {
    const text = renderTable(report, { ...VIEW, accessible: true });
    expect(text).toMatch(/^Cross-head reading of L-48: the states differ by 0\.44 through the head of base/m);
    expect(text).toMatch(/^Cross-head reading\. In L-48 the states alone/m);
  });
});
