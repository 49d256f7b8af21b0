import { describe, expect, it } from 'vitest';
import { buildPageData } from '../../../src/render/html/build-page-data.ts';
import { compact } from '../../../src/render/html/columns.ts';
import { PageReport } from '../../../src/render/html/page/report.ts';
import type { Report } from '../../../src/report/schema.ts';
import { sampleIdentical, samplePair, sampleSingle, sampleTracked, sampleTwoPositions } from '../sample-report.ts';
import { largeReport } from './large-report.ts';

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
