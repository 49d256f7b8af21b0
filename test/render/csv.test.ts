import { describe, expect, it } from 'vitest';
import { renderCsv } from '../../src/render/csv.ts';
import { csvText } from '../../src/render/csv/row.ts';
import type { Report } from '../../src/report/schema.ts';
import { withAttention, withCrossHead, withSameHead } from './attention-report.ts';
import { HOSTILE_TOKENS } from './hostile-tokens.ts';
import { largeReport } from './html/large-report.ts';
import { parseCsv } from './parse-csv.ts';
import { samplePair, sampleSingle, sampleTracked, sampleTwoPositions, sampleWithTokens } from './sample-report.ts';
import { withFloor } from './with-floor.ts';
import { withGeneration } from './with-generation.ts';
import { withSets } from './with-sets.ts';

const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', ' =1', '\t=1', '＝1', "'quoted", 'a,b', 'a"b', 'a\r\nb'];
const small = largeReport({ positions: 3, layers: 4, experts: 16, expertsPerToken: 4 });

describe.each<readonly [string, Report]>([
  ['pair', samplePair()],
  ['single', sampleSingle()],
  ['tracked', sampleTracked()],
  ['two positions', sampleTwoPositions()],
  ['routed', small],
  ['sets', withSets(samplePair())],
  ['attention', withAttention(samplePair(), { layers: [1, 47, 48], heads: 4, listHeads: true })],
  ['cross-head', withCrossHead(samplePair())],
  ['same-head', withSameHead(samplePair())],
  ['generation', withGeneration(samplePair())],
  [
    'floor',
    withFloor(sampleTwoPositions(), undefined, {
      name: '=base',
      path: 'a,b',
      attentionLayers: [{ layer: 3, jsNats: 0.001 }],
    }),
  ],
  ['hostile', withCrossHead(sampleWithTokens([...HOSTILE_TOKENS, ...FORMULAS]))],
])('the CSV of a %s report', (_, report) => {
  const text = renderCsv(report);
  const rows = parseCsv(text);
  const places = ['model', 'position', 'layer', 'statistic'] as const;
  const byPlace = new Map<string, (typeof rows)[number][]>();
  for (const row of rows) {
    const place = places.map((name) => row[name]).join('|');
    byPlace.set(place, [...(byPlace.get(place) ?? []), row]);
  }
  const rowsAt = (wanted: Partial<Record<(typeof places)[number], string | number>>): typeof rows =>
    byPlace.get(places.map((name) => wanted[name] ?? '').join('|')) ?? [];
  const find = (wanted: Parameters<typeof rowsAt>[0]): string[] => rowsAt(wanted).map((row) => row['value'] ?? '');

  it('has one value or word a row, and each row once', () => {
    expect(Object.keys(rows[0] ?? {})).toEqual([
      'model',
      'position',
      'layer',
      'statistic',
      'key',
      'id',
      'text',
      'value',
    ]);
    for (const row of rows) expect(`${row['id']}${row['text']}${row['value']}`).not.toBe('');
    expect(new Set(rows.map((row) => JSON.stringify(row))).size).toBe(rows.length);
  });

  it('begins no text with what a spreadsheet calculates, and holds no control character', () => {
    for (const row of rows) expect(row['text']).not.toMatch(/^[\s\u2068]*[=+\-@]/);
    expect(text.replaceAll(/[\n\u2068\u2069]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u);
  });

  it('gives every number of the report back, to the last bit', () => {
    for (const model of ['base', 'ft'] as const) {
      for (const position of report.models[model]?.positions ?? []) {
        const at = { model, position: position.position };
        expect(find({ ...at, statistic: 'commitLayer' })).toEqual([String(position.commitLayer)]);
        expect(find({ ...at, statistic: 'final.top.prob' }).map(Number)).toEqual(
          position.final.top.map(({ prob }) => prob),
        );
        for (const row of position.layers) {
          const cell = { ...at, layer: row.layer };
          expect(find({ ...cell, statistic: 'entropyNats' }).map(Number)).toEqual([row.entropyNats]);
          expect(find({ ...cell, statistic: 'finalToken.rank' }).map(Number)).toEqual([row.finalToken.rank]);
          expect(find({ ...cell, statistic: 'top.prob' }).map(Number)).toEqual(row.top.map(({ prob }) => prob));
        }
      }
    }
    for (const { position, layers } of report.comparison?.positions ?? []) {
      for (const row of layers) {
        const cell = { model: 'both', position, layer: row.layer };
        expect(find({ ...cell, statistic: 'jsNats' }).map(Number)).toEqual([row.jsNats]);
        expect(find({ ...cell, statistic: 'sameTop1' })).toEqual([row.sameTop1 ? '1' : '0']);
        const gained = rowsAt({ ...cell, statistic: 'routing.gained' });
        expect(gained.map((each) => Number(each['key']))).toEqual(row.routing?.gained ?? []);
      }
    }
  });
});

it('gives the noise floor beside what it measures', () => {
  const report = withFloor(sampleTwoPositions());
  const rows = parseCsv(renderCsv(report));
  const value = (wanted: Record<string, string>): string | undefined =>
    rows.find((row) => Object.entries(wanted).every(([name, text]) => row[name] === text))?.['value'];
  for (const { position, layers } of report.comparison!.floor!.positions) {
    const at = { model: 'floor', position: String(position) };
    expect(value({ ...at, statistic: 'floor.answer.prob' })).toBe('0.4');
    for (const row of layers) {
      const cell = { ...at, layer: String(row.layer) };
      expect(value({ ...cell, statistic: 'floor.jsNats' })).toBe(String(row.jsNats));
      expect(value({ ...cell, statistic: 'floor.sameTop1' })).toBe('1');
      expect(value({ ...cell, statistic: 'floor.routing.jsNats' })).toBe(row.layer === 0 ? undefined : '0.015');
    }
  }
  for (const { position, layers } of report.comparison!.positions)
    for (const { layer, withinFloor } of layers) {
      const cell = { model: 'both', position: String(position), layer: String(layer), statistic: 'withinFloor' };
      expect(value(cell)).toBe(withinFloor ? '1' : '0');
    }
  const { total, withinFloor } = report.comparison!.floor!.rows;
  expect(value({ model: 'floor', statistic: 'floor.rows.total' })).toBe(String(total));
  expect(value({ model: 'floor', statistic: 'floor.rows.withinFloor' })).toBe(String(withinFloor));
});

it('names tokens and experts', () => {
  const rows = parseCsv(renderCsv(samplePair()));
  const answer = rows.find((row) => row['model'] === 'ft' && row['statistic'] === 'final.top.prob');
  expect(answer).toMatchObject({ position: '9', layer: '', key: '1', text: ' me', value: '0.589' });
  const gained = rows.filter((row) => row['layer'] === '48' && row['statistic'] === 'routing.gained');
  expect(gained.map((row) => row['key'])).toEqual(['2', '127', '44', '113']);
});

it('says the verdict', () => {
  const report = samplePair();
  const verdict: NonNullable<Report['comparison']>['verdict'] = {
    kind: 'answer-changes',
    headline: 'The answer changes.',
    sentences: [],
    firstDivergentLayer: 1,
    firstTop1ChangeLayer: 2,
    causes: null,
  };
  const rows = parseCsv(
    renderCsv({ ...report, ...(report.comparison && { comparison: { ...report.comparison, verdict } }) }),
  );
  expect(rows.find((row) => row['statistic'] === 'verdict')).toMatchObject({
    model: 'both',
    key: 'answer-changes',
    text: 'The answer changes.',
  });
});

it.each([
  ['=1+1', "'=1+1"],
  [' @x', "' @x"],
  ["'a", "''a"],
  ['fox', 'fox'],
  ['a\nb', String.raw`a\nb`],
  ['', ''],
])('the text %j becomes %j', (text, expected) => expect(csvText(text)).toBe(expected));
