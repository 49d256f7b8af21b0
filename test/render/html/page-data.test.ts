import { describe, expect, it } from 'vitest';
import { buildPageData } from '../../../src/render/html/build-page-data.ts';
import { compact } from '../../../src/render/html/columns.ts';
import { PageReport } from '../../../src/render/html/page/report.ts';
import type { Report } from '../../../src/report/schema.ts';
import { sampleIdentical, samplePair, sampleSingle, sampleTracked, sampleTwoPositions } from '../sample-report.ts';
import { floorJs, withFloor } from '../with-floor.ts';
import { withAttention, withCrossHead, withSameHead } from '../attention-report.ts';
import { withSets } from '../with-sets.ts';
import { largeReport } from './large-report.ts';

describe('attention', () => {
  const report = withAttention(samplePair(), { layers: [3, 24], heads: 2, listHeads: true });
  const { models, change } = buildPageData(report);

  it('has the layers listed and the last one, ascending', () => {
    expect(models[1]?.attention.map(({ layer }) => layer)).toEqual([3, 24, 48]);
    const [layer] = report.models.ft!.attentionLayers!;
    expect(models[1]?.attention[0]).toEqual({
      layer: 3,
      queryPosition: 9,
      weights: layer!.weights.map(compact),
      entropy: compact(layer!.entropyNats),
      heads: layer!.heads!.map((weights, head) => ({
        weights: weights.map(compact),
        entropy: compact(layer!.headStatistics![head]!.entropyNats),
      })),
    });
    expect(change?.attention.map(({ layer: each, js }) => [each, js])).toEqual([
      ...report.comparison!.attentionLayers!.map(({ layer: each, jsNats }) => [each, compact(jsNats)]),
      [48, 0.0003],
    ]);
  });

  it('takes a report of foreign making as it comes', () => {
    const foreign = structuredClone(report);
    const [layer] = foreign.models.base.attentionLayers!;
    layer!.layer = 1000;
    delete foreign.models.ft!.attentionLayers![0]!.headStatistics;
    const page = buildPageData(foreign);
    expect(page.models[0]?.attention.map((each) => each.layer)).toEqual([24, 48]);
    expect(page.models[1]?.attention[0]?.heads[0]?.entropy).toBeNull();
  });
});

describe('the cross-head reading', () => {
  it('has a row for each layer of each position', () => {
    const report = withCrossHead(sampleTwoPositions());
    const { crossHead, tokens } = buildPageData(report);
    const layers = report.comparison!.crossHead!.positions.flatMap((position) => position.layers);
    expect(crossHead?.rows?.statesByBase).toEqual(layers.map(({ baseHead }) => compact(baseHead.jsNats)));
    expect(crossHead?.rows?.ftByBase.map((token) => tokens.id[token ?? -1])).toEqual(
      layers.map(({ baseHead }) => baseHead.ftTop[0]?.id),
    );
    expect(crossHead?.sentences).toHaveLength(2);
  });

  it('is one sentence when both heads are the same, and nothing when it was not asked for', () => {
    expect(buildPageData(withSameHead(samplePair())).crossHead).toMatchObject({ rows: null });
    expect(buildPageData(samplePair()).crossHead).toBeNull();
  });
});

describe('compact', () => {
  it.each([
    [0, 0],
    [1, 1],
    [0.123_456_789, 0.123_457],
    [1.234_567e-12, 1.234_57e-12],
    [4_194_303, 4_194_303],
    [0.999_999_9, 0.999_999],
    [1.000_000_4, 1],
  ])('%f becomes %f', (value, expected) => expect(compact(value)).toBe(expected));
});

/** Every number of every cell, read back from the page's data as the page does it. */
function expectSameNumbers(report: Report): void {
  const page = new PageReport(buildPageData(report));
  const models = [report.models.base, ...(report.models.ft === undefined ? [] : [report.models.ft])];
  for (const [index, model] of page.data.models.entries()) {
    for (const [column, position] of (models[index]?.positions ?? []).entries()) {
      expect(page.final(model, column).map(({ prob }) => prob)).toEqual(
        position.final.top.map(({ prob }) => compact(prob)),
      );
      for (const [row, layer] of position.layers.entries()) {
        const cell = { column, row };
        expect(page.at(model.entropy, cell)).toBe(compact(layer.entropyNats));
        expect(page.at(model.klToFinal, cell)).toBe(compact(layer.klToFinalNats));
        expect(page.at(model.finalRank, cell)).toBe(layer.finalToken.rank);
        expect(page.top(model, cell).map(({ prob }) => prob)).toEqual(layer.top.map(({ prob }) => compact(prob)));
        expect(page.top(model, cell).map(({ token }) => page.data.tokens.id[token])).toEqual(
          layer.top.map(({ id }) => id),
        );
        const chosen = position.routing.find((routing) => routing.layer === layer.layer)?.experts ?? [];
        expect(page.experts(model, cell).map(({ expert }) => expert)).toEqual(chosen.map(({ expert }) => expert));
      }
    }
  }
  for (const [column, position] of (report.comparison?.positions ?? []).entries()) {
    for (const [row, layer] of position.layers.entries()) {
      if (page.data.change === null) continue;
      expect(page.at(page.data.change.js, { column, row })).toBe(compact(layer.jsNats));
      expect(page.otherTop1({ column, row })).toBe(!layer.sameTop1);
      expect(page.at(page.data.change.expertsLost, { column, row })).toBe(layer.routing?.lost.length ?? null);
    }
  }
}

it.each<readonly [string, Report]>([
  ['pair', samplePair()],
  ['single', sampleSingle()],
  ['two positions', sampleTwoPositions()],
  ['large', largeReport({ positions: 5, layers: 6, experts: 16, expertsPerToken: 4 })],
])('the page of a %s report has its numbers', (_, report) => expectSameNumbers(report));

it('has the noise floor of every cell, and knows what lies within it', () => {
  const report = withFloor(sampleTwoPositions(), undefined, { attentionLayers: [{ layer: 3, jsNats: 0.001 }] });
  const last = report.comparison!.positions[1]!.layers;
  Object.assign(last[5]!, { jsNats: 0, residualRelativeL2: 0, withinFloor: true });
  const page = new PageReport(buildPageData(report));
  const floor = page.data.change!.floor!;
  expect(floor.name).toBe('base-int8');
  expect(floor.attention).toEqual([
    { layer: 3, js: 0.001 },
    { layer: 48, js: 0.0002 },
  ]);
  for (const [column, { layers }] of report.comparison!.positions.entries())
    for (const [row, { withinFloor, jsNats, residualRelativeL2 }] of layers.entries()) {
      const cell = { column, row };
      expect(page.at(floor.js, cell)).toBe(compact(floorJs(row)));
      expect(page.identical(cell)).toBe(jsNats === 0 && residualRelativeL2 === 0);
      expect(page.withinFloor(cell)).toBe(withinFloor === true && !page.identical(cell));
    }
  expect(page.withinFloor({ column: 1, row: 5 })).toBe(false);
  expect(buildPageData(samplePair()).change?.floor).toBeNull();
});

it('shows two bit-identical models as one', () => {
  const { models, change } = buildPageData(sampleIdentical());
  expect(models.map(({ label }) => label)).toEqual(['Both']);
  expect(change).toBeNull();
});

it('follows tracked tokens', () => {
  const report = sampleTracked();
  const page = new PageReport(buildPageData(report));
  const [followed] = page.data.models[0]?.tracked ?? [];
  expect(page.tokenText(followed?.token ?? -1)).toBe('·me');
  expect(page.at(followed?.rank ?? [], { column: 0, row: 48 })).toBe(
    report.models.base.positions[0]?.layers[48]?.tracked[0]?.rank,
  );
});

it('tells apart tokens that look the same, and cuts those that are no words', () => {
  const report = sampleSingle();
  const [first, second, third] = report.models.base.positions[0]?.layers[0]?.top ?? [];
  if (!first || !second || !third) throw new Error('the sample has no tokens');
  [first.id, first.text] = [1, 'same'];
  [second.id, second.text] = [2, 'same'];
  third.text = 'long'.repeat(100);
  const page = new PageReport(buildPageData(report));
  const [model] = page.data.models;
  const texts = model && page.top(model, { column: 0, row: 0 }).map(({ text }) => text);
  expect(texts?.slice(0, 2)).toEqual(['same#1', 'same#2']);
  expect(texts?.[2]).toMatch(/^(long)+lon…$/);
});

it('reads a damaged report without failing: what is missing is null', () => {
  const report = samplePair();
  report.models.ft?.positions[0]?.layers.splice(3);
  report.models.base.experts = 4;
  if (report.comparison) report.comparison.positions = [];
  const page = new PageReport(buildPageData(report));
  const [base, ft] = page.data.models;
  expect(ft && page.at(ft.entropy, { column: 0, row: 2 })).toBeTypeOf('number');
  expect(ft && page.at(ft.entropy, { column: 0, row: 3 })).toBeNull();
  expect(base && page.experts(base, { column: 0, row: 1 }).every(({ expert }) => expert < 4)).toBe(true);
  expect(page.data.change?.js.every((value) => value === null)).toBe(true);
});

it('follows tracked sets', () => {
  const report = withSets(samplePair());
  const page = new PageReport(buildPageData(report));
  expect(page.data.trackedSets.map(({ name, tokens }) => [name, tokens.map((token) => page.tokenText(token))])).toEqual(
    [
      ['·me', ['·me#5000', 'me', '·Me']],
      ['I,my', ['I', '·I', 'my', '·my']],
    ],
  );
  const [, ft] = page.data.models;
  const [, second] = ft?.trackedSets ?? [];
  const row = report.models.ft?.positions[0]?.layers[47]?.trackedSets?.[1];
  const cell = { column: 0, row: 47 };
  expect(page.at(second?.prob ?? [], cell)).toBe(compact(row?.prob ?? 0));
  expect(page.at(second?.bestRank ?? [], cell)).toBe(row?.bestRank);
  expect(page.data.tokens.id[page.at(second?.best ?? [], cell) ?? -1]).toBe(row?.bestId);
});

it('has the load of the experts and what compares it, block by block', () => {
  const report = largeReport({ positions: 4, layers: 3, experts: 8, expertsPerToken: 2 });
  const { models, routing, summedPositions } = buildPageData(report);
  expect(summedPositions).toBe('positions 1 to 3 (without 0, the usual attention sink)');
  expect(models[1]?.load?.assignments).toEqual(report.models.ft?.expertLoad?.flatMap(({ assignments }) => assignments));
  const rows = report.comparison?.routing?.layers ?? [];
  expect(routing?.js).toEqual(rows.map(({ meanJsNats }) => compact(meanJsNats)));
  expect(routing?.shared).toEqual(rows.map(({ meanShared }) => compact(meanShared)));
  const [first] = rows[2]?.gained ?? [];
  expect(routing?.more[2]).toMatch(new RegExp(String.raw`^${first?.expert} \(${first?.base}→${first?.ft}\)`));
});

it('has no load of one position, and none of a damaged report', () => {
  expect(buildPageData(samplePair())).toMatchObject({ routing: null, models: [{ load: null }, { load: null }] });
  const report = largeReport({ positions: 2, layers: 3, experts: 8, expertsPerToken: 2 });
  report.models.base.expertLoad?.splice(1);
  report.models.base.expertLoad?.[0]?.assignments.splice(3);
  const [base] = buildPageData(report).models;
  expect(base?.load?.assignments).toHaveLength(3 * 8);
  expect(base?.load?.assignments.slice(3).every((count) => count === null)).toBe(true);
});
