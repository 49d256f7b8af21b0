import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { renderTable } from '../../../src/render/table.ts';
import type { TableView } from '../../../src/render/table.ts';
import type { Report } from '../../../src/report/schema.ts';
import { largeReport } from '../html/large-report.ts';
import { sampleTwoPositions } from '../sample-report.ts';

const VIEW: TableView = { width: 60, colour: 0, ascii: false, accessible: false, layers: 'fold', terminal: false };
const SMALL = { positions: 64, layers: 6, experts: 0, expertsPerToken: 0 };
const report = largeReport(SMALL);

function single(pair: Report): Report {
  const { models, comparison: _, ...rest } = pair;
  return { ...rest, models: { base: models.base } };
}

/** The map's cells of a layer, pages put together. */
function cells(text: string, layer: string): string {
  const lines = text
    .split('\n')
    .filter((line) => new RegExp(`^${layer} +[│|] (?! )`).test(line) && !line.includes('%'));
  return lines.map((line) => line.slice(8)).join('');
}

describe('many positions', () => {
  it('are a map, and tables for the last one', async () => {
    await expect(renderTable(report, VIEW)).toMatchFileSnapshot('../snapshots/position-map-60.txt');
    expect(renderTable(report, VIEW).match(/^layer │/gm)).toHaveLength(1);
  });

  it('fill pages of the width less 8 columns', () => {
    const text = renderTable(report, VIEW);
    const rows = text.split('\n').filter((line) => line.startsWith('L-6   │ ') && !line.includes('%'));
    expect(rows.map((row) => stringWidth(row))).toEqual([60, 8 + 64 - 52]);
    for (const line of text.split('\n')) expect(stringWidth(line)).toBeLessThanOrEqual(60);
    expect(text).toMatch(/^ {8}0 {9}10 {8}20/m);
    expect(text).toMatch(/^ {8}52 {8}62$/m);
  });

  it('mark another top-1, a difference, and none', () => {
    const map = cells(renderTable(report, { ...VIEW, width: undefined }), 'L-6');
    expect(map).toHaveLength(64);
    for (const [column, { layers }] of (report.comparison?.positions ?? []).entries()) {
      expect(map[column]).toMatch(layers[6]?.sameTop1 ? /[▁-█]/ : /≠/);
    }
    const equal = structuredClone(report);
    for (const { layers } of equal.comparison?.positions ?? [])
      Object.assign(layers[3] ?? {}, { jsNats: 0, sameTop1: true });
    expect(renderTable(equal, VIEW)).toMatch(/^L-3 {3}│$/m);
  });

  it.each([
    ['entropy', 'Entropy, full = ln V, by layer and position: fine-tune'],
    ['prob', 'Probability of top-1, full = 1, by layer and position: base'],
  ] as const)('show %s of each model', (map, title) => {
    const text = renderTable(report, { ...VIEW, map, width: undefined });
    expect(text).toContain(title);
    expect(cells(text, 'L-6')).toMatch(/^[▁-█]{128}$/);
  });

  it('of one model show its entropy', () => {
    const text = renderTable(single(report), VIEW);
    expect(text).toContain('Entropy, full = ln V, by layer and position\n');
    expect(text).not.toContain('≠');
  });

  it('in ASCII have digits and exclamation marks', () => {
    const text = renderTable(report, { ...VIEW, ascii: true });
    expect(text).toMatch(/^[\n\x20-\x7e]+$/);
    expect(text).toMatch(/^L-6 {3}\| [\d!]{52}$/m);
  });

  it('are a sentence each for a screen reader', () => {
    const text = renderTable(report, { ...VIEW, accessible: true });
    expect(text.match(/^Position \d+, token " word\d+"\. Final prediction: base /gm)).toHaveLength(64);
    expect(text.match(/^Layer 6\./gm)).toHaveLength(1);
  });
});

it('two positions are tables unless a map is asked for', () => {
  expect(renderTable(sampleTwoPositions(), VIEW).match(/^layer │/gm)).toHaveLength(2);
  expect(renderTable(sampleTwoPositions(), { ...VIEW, map: 'js' }).match(/^layer │/gm)).toHaveLength(1);
});
