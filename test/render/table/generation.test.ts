import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { renderTable, type TableView } from '../../../src/render/table.ts';
import { type Report, reportSchema } from '../../../src/report/schema.ts';
import { HOSTILE_TOKENS } from '../hostile-tokens.ts';
import { sampleIdentical, samplePair, sampleSingle } from '../sample-report.ts';
import { withGeneration } from '../with-generation.ts';

const VIEW: TableView = { width: 100, colour: 0, ascii: false, accessible: false, layers: 'fold', terminal: false };
const pair = withGeneration(samplePair());
const single = withGeneration(sampleSingle());
const same = withGeneration(samplePair(), { base: [' a', ' fox'], ft: [' a', ' fox'] });
const hostile = withGeneration(samplePair(), { base: HOSTILE_TOKENS, ft: [...HOSTILE_TOKENS].reverse() });

/** The section alone. */
function section(report: Report, view: Partial<TableView> = {}): string {
  const text = renderTable(report, { ...VIEW, ...view });
  const start = text.search(/^(Generation|Continuation)/m);
  return text.slice(start, text.search(/^Check/m));
}

it.each([pair, single, same, hostile, withGeneration(sampleIdentical())])('report %# is a report', (report) => {
  expect(() => reportSchema.parse(report)).not.toThrow();
});

describe('what it looks like', () => {
  it.each([60, 80, 100, 120, 160])('at %i columns', async (width) => {
    await expect(section(pair, { width })).toMatchFileSnapshot(`../snapshots/generation-${width}.txt`);
  });

  it.each([
    ['single', single],
    ['same', same],
    ['hostile', hostile],
  ])('%s', async (name, report) => {
    await expect(section(report)).toMatchFileSnapshot(`../snapshots/generation-${name}.txt`);
  });

  it('ASCII, sentences, with a map, in a pipe', async () => {
    await expect(section(pair, { ascii: true })).toMatchFileSnapshot('../snapshots/generation-ascii.txt');
    await expect(section(pair, { accessible: true })).toMatchFileSnapshot('../snapshots/generation-accessible.txt');
    await expect(section(pair, { map: 'js' })).toMatchFileSnapshot('../snapshots/generation-map.txt');
    await expect(section(pair, { width: undefined })).toMatchFileSnapshot('../snapshots/generation-pipe.txt');
  });
});

describe('what it says', () => {
  it('where the two part, and how surprising each is to the other', () => {
    const text = section(pair, { width: 200 });
    expect(text).toContain('They part at token 1: base writes " a" 90.0%, fine-tune " me" 90.0%.');
    expect(text).toContain("Of base's 8 tokens, fine-tune ranks 4 first, 2 second or third, 2 lower.");
    expect(text).toContain("Of fine-tune's 6 tokens, base ranks 2 first, 2 second or third, 2 lower.");
  });

  it('a continuation that goes on where the other ends', () => {
    const longer = withGeneration(samplePair(), { base: [' a'], ft: [' a', ' fox'] });
    longer.generation!.firstDifference = 1;
    expect(section(longer)).toContain('They part at token 2: base writes nothing more, fine-tune " fox" 90.0%.');
  });

  it('that both write the same', () => {
    expect(section(same)).toContain('Both write the same 2 tokens.');
    expect(section(same)).not.toContain('ranks');
  });

  it('nothing of another model when there is none', () => {
    expect(section(single)).not.toMatch(/fine-tune|\brank\b|part at/);
  });

  it('nothing where nothing was written', () => {
    expect(renderTable(samplePair(), VIEW)).not.toContain('Generation');
  });
});

describe('lines', () => {
  const widths = [40, 59, 60, 79, 80, 99, 100, 120, 160];

  it.each(widths)('never exceed %i columns', (width) => {
    const texts = [
      ...[pair, single, same].map((report) => section(report, { width, map: 'js' })),
      ...[false, true].map((ascii) => section(hostile, { width, ascii })),
    ];
    for (const line of texts.join('\n').split('\n')) {
      if (stringWidth(line) > width) console.log(JSON.stringify(line));
      expect(stringWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  it('hold no control character', () => {
    for (const view of [{}, { ascii: true }, { accessible: true }, { width: undefined }])
      expect(section(hostile, view).replaceAll(/[\n\u2068\u2069]/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(section(hostile, { ascii: true })).toMatch(/^[\n\x20-\x7e]*$/);
  });
});
