import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { renderTable } from '../../src/render/table.ts';
import type { TableView } from '../../src/render/table.ts';
import { reportSchema } from '../../src/report/schema.ts';
import type { Report } from '../../src/report/schema.ts';
import { EVERY_LAYER, withAttention, withCrossHead, withSameHead } from './attention-report.ts';
import { HOSTILE_TOKENS } from './hostile-tokens.ts';
import {
  sampleFailed,
  sampleIdentical,
  samplePair,
  sampleSingle,
  sampleTracked,
  sampleTwoPositions,
  sampleWithTokens,
  sampleWithoutNorm,
} from './sample-report.ts';
import { withFloor } from './with-floor.ts';
import { withSets } from './with-sets.ts';

const ESCAPE = '\u001b';
const SEQUENCE = new RegExp(String.raw`(${ESCAPE}\[[0-9;]*[mG])`);
const COLOUR = new RegExp(String.raw`${ESCAPE}\[[0-9;]*m`, 'g');

const VIEW: TableView = { width: 100, colour: 0, ascii: false, accessible: false, layers: 'fold', terminal: false };
const SAMPLES: readonly (readonly [name: string, report: Report])[] = [
  ['pair', samplePair()],
  ['single', sampleSingle()],
  ['identical', sampleIdentical()],
  ['failed', sampleFailed()],
  ['without-norm', sampleWithoutNorm()],
  ['tracked', sampleTracked()],
  ['two-positions', sampleTwoPositions()],
  ['floor', withFloor(samplePair())],
  ['sets', withSets(samplePair())],
  ['attention', withAttention(samplePair(), { layers: EVERY_LAYER, heads: 4, listHeads: true })],
  ['cross-head', withCrossHead(samplePair())],
  ['same-head', withSameHead(sampleTwoPositions())],
];
const hostile = sampleWithTokens(HOSTILE_TOKENS);
const hostileFloor = withFloor(hostile, undefined, {
  name: HOSTILE_TOKENS.join(''),
  recipe: HOSTILE_TOKENS.join(', '),
});
const hostileAttention = withCrossHead(withAttention(hostile, { layers: EVERY_LAYER, heads: 2, listHeads: true }));

it.each(SAMPLES)('the sample report %s is a report', (_, report) => {
  expect(() => reportSchema.parse(report)).not.toThrow();
});

describe('what it looks like', () => {
  it.each([60, 80, 100, 120, 160])('a pair at %i columns', async (width) => {
    await expect(renderTable(samplePair(), { ...VIEW, width })).toMatchFileSnapshot(`snapshots/pair-${width}.txt`);
  });

  it.each([80, 160])('a pair beside a noise floor at %i columns', async (width) => {
    const text = renderTable(withFloor(samplePair()), { ...VIEW, width });
    await expect(text).toMatchFileSnapshot(`snapshots/floor-${width}.txt`);
  });

  it('a noise floor in ASCII and in sentences', async () => {
    const report = withFloor(samplePair());
    await expect(renderTable(report, { ...VIEW, ascii: true })).toMatchFileSnapshot('snapshots/floor-ascii.txt');
    const text = renderTable(report, { ...VIEW, accessible: true });
    await expect(text).toMatchFileSnapshot('snapshots/floor-accessible.txt');
  });

  it('a pair in a pipe: no width, all layers', async () => {
    const text = renderTable(samplePair(), { ...VIEW, width: undefined, layers: 'all' });
    await expect(text).toMatchFileSnapshot('snapshots/pair-pipe.txt');
    expect(text.match(/^L-\d+/gm)).toHaveLength(48);
    // The only ellipsis is a token's own.
    expect(text.replaceAll('·…⏎⏎', '')).not.toContain('…');
  });

  it.each(SAMPLES.slice(1))('the sample %s at 100 columns', async (name, report) => {
    await expect(renderTable(report, VIEW)).toMatchFileSnapshot(`snapshots/${name}-100.txt`);
  });

  it('ASCII', async () => {
    await expect(renderTable(samplePair(), { ...VIEW, ascii: true })).toMatchFileSnapshot('snapshots/pair-ascii.txt');
  });

  it('sentences', async () => {
    const text = renderTable(samplePair(), { ...VIEW, accessible: true });
    await expect(text).toMatchFileSnapshot('snapshots/pair-accessible.txt');
  });

  it('hostile tokens', async () => {
    await expect(renderTable(hostile, { ...VIEW, width: 120 })).toMatchFileSnapshot('snapshots/hostile-120.txt');
  });
});

describe('lines', () => {
  // Either side of every change of layout, and some between.
  const widths = [40, 49, 50, 55, 59, 60, 63, 67, 68, 74, 79, 80, 90, 99, 100, 110, 119, 120, 140, 159, 160, 181, 200];

  it.each(widths)('never exceed %i columns', (width) => {
    for (const report of [samplePair(), hostileAttention, hostileFloor])
      expectNoLineOver(width, report, { ...VIEW, width });
    expectNoLineOver(width, hostileAttention, { ...VIEW, width, ascii: true });
  });

  it.each([40, 60, 80, 100])('of every kind of report never exceed %i columns', (width) => {
    for (const [, report] of SAMPLES) expectNoLineOver(width, report, { ...VIEW, width, layers: 'all' });
  });

  // The terminal is one that measures as string-width does; where that is not what the cells were padded for, a cursor
  // movement must set it right.
  it.each([60, 68, 80, 99, 100, 119, 120, 159, 160, 200])(
    'of the layer table have their borders in line at %i',
    (width) => {
      for (const colour of [0, 1] as const) {
        const text = renderTable(hostile, { ...VIEW, width, colour, layers: 'all', terminal: true });
        const lines = text.split('\n');
        const head = lines.findIndex((line) => stripEscapes(line).startsWith('layer │'));
        const borders = columnsOf(lines[head] ?? '', '│');
        expect(borders.length).toBe(3);
        const table = lines.slice(head + 2).filter((line) => /^\S* *│/.test(stripEscapes(line)));
        expect(table.length).toBeGreaterThanOrEqual(49);
        for (const line of table) expect(columnsOf(line, '│')).toEqual(expect.arrayContaining(borders));
      }
    },
  );

  it('keep their columns when numbers are large', () => {
    const report = samplePair();
    const { base, ft = base } = report.models;
    for (const { positions, attention } of [base, ft]) {
      for (const { layers, final } of positions) {
        for (const row of layers) row.activeTokens = 123_456;
        final.top = Array.from({ length: 1200 }, (_, id) => ({ id, text: ` ${id}`, prob: 1 / 1200 }));
      }
      for (const token of attention?.top ?? []) token.position += 100_000;
    }
    ft.positions[0]?.final.top.reverse();
    for (const row of report.comparison?.positions.flatMap(({ layers }) => layers) ?? []) {
      Object.assign(row, { sameTop1: false, baseTop1RankInFt: 123_456, ftTop1RankInBase: 123_456, jsNats: 0.6931 });
    }
    for (const width of [40, 60, 80, 100, 160]) {
      const lines = renderTable(report, { ...VIEW, width }).split('\n');
      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
      const final = lines.slice(lines.findIndex((line) => line.startsWith('Final')));
      const columns = new Set(final.slice(0, 1200).map((line) => line.indexOf('│')));
      expect(columns.size).toBe(1);
    }
  });

  it('stand one to a row of the report: no token breaks one', () => {
    for (const width of [60, 80, 160]) {
      const clean = renderTable(samplePair(), { ...VIEW, width, layers: 'all' });
      const dirty = renderTable(hostile, { ...VIEW, width, layers: 'all' });
      expect(dirty.match(/^(Embed|L-\d+)/gm)).toEqual(clean.match(/^(Embed|L-\d+)/gm));
    }
  });
});

describe('bytes', () => {
  const CONTROL = /(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u202a-\u202e\u2066\u2067\u200e\u200f]/u;

  it.each([0, 1, 2])('holds no control character but LF, view %i', (index) => {
    const view = [{}, { ascii: true }, { accessible: true }][index];
    for (const report of [samplePair(), hostile]) {
      for (const width of [48, 80, 100, 160, undefined]) {
        expect(renderTable(report, { ...VIEW, ...view, width })).not.toMatch(CONTROL);
      }
    }
  });

  it('holds only colours and column movements on a terminal', () => {
    const text = renderTable(hostile, { ...VIEW, colour: 1, terminal: true });
    expect(text).toContain(`${ESCAPE}[36m`);
    expect(text).toContain(`${ESCAPE}[35m`);
    expect(stripEscapes(text)).not.toMatch(CONTROL);
  });

  it('holds no colour at level 0 and no background at any', () => {
    expect(renderTable(samplePair(), VIEW)).not.toContain(ESCAPE);
    const colours = renderTable(samplePair(), { ...VIEW, colour: 1 }).match(COLOUR) ?? [];
    expect(new Set(colours)).toEqual(
      new Set(['1', '2', '22', '32', '35', '36', '39'].map((code) => `${ESCAPE}[${code}m`)),
    );
  });

  it('is pure ASCII when asked to', () => {
    for (const [, report] of SAMPLES) {
      expect(renderTable(report, { ...VIEW, ascii: true })).toMatch(/^[\n\x20-\x7e]*$/);
    }
    expect(renderTable(hostile, { ...VIEW, ascii: true })).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe('what stands where', () => {
  it('ends with the verdict and one newline', () => {
    const text = renderTable(samplePair(), VIEW);
    expect(text).toMatch(/\nVerdict {3}The answer changes: " a" 39\.0% becomes " me" 58\.9%\.\n( {10}.+\n)+$/);
  });

  it('opens with a failed check', () => {
    expect(renderTable(sampleFailed(), VIEW)).toMatch(/^✗ CHECK FAILED {2}base: The lens's last row is not/);
    expect(renderTable(sampleFailed(), { ...VIEW, accessible: true })).toMatch(/^Check failed\. /);
  });

  it('names the missing norm where the rows are read', () => {
    expect(renderTable(sampleWithoutNorm(), VIEW)).toMatch(
      /^reading {2}LM head WITHOUT the final norm \(--norm none\)/m,
    );
  });

  it('shows two identical models once', () => {
    const text = renderTable(sampleIdentical(), VIEW);
    expect(text).toContain('BOTH (bit-identical)');
    expect(text).not.toContain('FINE-TUNE');
    expect(text).not.toContain(' JS');
  });

  it('shows a table for each position', () => {
    const text = renderTable(sampleTwoPositions(), VIEW);
    expect(text.match(/^Position \d+ .*$/gm)).toEqual(['Position 3 " fox"', 'Position 9 " give"']);
    expect(text.match(/^layer │/gm)).toHaveLength(2);
    expect(text.match(/^Attention/gm)).toHaveLength(1);
  });

  it('shows only the layers asked for', () => {
    const text = renderTable(samplePair(), { ...VIEW, layers: [0, 24, 48] });
    expect(text.match(/^(Embed|L-\d+)/gm)).toEqual(['Embed', 'L-24', 'L-48']);
  });

  it('has no second lines when one token a layer was asked for', () => {
    const report = samplePair();
    const text = renderTable({ ...report, settings: { ...report.settings, topK: 1 } }, VIEW);
    expect(text).not.toMatch(/^ {6}│/m);
  });

  it('says that a model gives no attention weights', () => {
    const report = samplePair();
    const { base, ft = base } = report.models;
    const models = { base: { ...base, attention: null }, ft: { ...ft, attention: null } };
    expect(renderTable({ ...report, models }, VIEW)).toContain('this model gives no attention weights');
  });

  it('leaves routing out for a dense model', () => {
    const report = samplePair();
    for (const { positions } of [report.models.base, report.models.ft ?? report.models.base]) {
      for (const position of positions) position.routing = [];
    }
    for (const row of report.comparison?.positions.flatMap(({ layers }) => layers) ?? []) row.routing = null;
    const text = renderTable(report, VIEW);
    expect(text).not.toMatch(/^Routing/m);
    expect(text).not.toMatch(/\bexp\b/);
  });
});

function expectNoLineOver(width: number, report: Report, view: TableView): void {
  const lines = renderTable(report, view).split('\n');
  expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
}

function stripEscapes(text: string): string {
  return text
    .split(SEQUENCE)
    .filter((part) => !SEQUENCE.test(part))
    .join('');
}

/** Columns (from 1) at which a terminal that measures as string-width does shows `wanted`. */
function columnsOf(line: string, wanted: string): number[] {
  const columns: number[] = [];
  let column = 1;
  for (const part of line.split(SEQUENCE)) {
    if (part.startsWith(ESCAPE)) {
      if (part.endsWith('G')) column = Number(part.slice(ESCAPE.length + 1, -1));
    } else {
      for (const { segment } of new Intl.Segmenter().segment(part)) {
        if (segment === wanted) columns.push(column);
        column += stringWidth(segment);
      }
    }
  }
  return columns;
}
