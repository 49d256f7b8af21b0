import { describe, expect, it } from 'vitest';
import { buildPageData } from '../../../src/render/html/build-page-data.ts';
import { mark as markOf } from '../../../src/render/html/page/card.ts';
import { choiceMap } from '../../../src/render/html/page/choice-map.ts';
import { expertChange } from '../../../src/render/html/page/expert-change.ts';
import { GridLayout, tickStep } from '../../../src/render/html/page/grid-layout.ts';
import { selectionAfter } from '../../../src/render/html/page/keyboard.ts';
import { largestChange, loadChangeMap, loadMap } from '../../../src/render/html/page/load-map.ts';
import { changeMeasures, modelMeasures, share } from '../../../src/render/html/page/measures.ts';
import { changeContent } from '../../../src/render/html/page/map-content.ts';
import { PageReport } from '../../../src/render/html/page/report.ts';
import { stepOf } from '../../../src/render/html/page/scale.ts';
import { Selection } from '../../../src/render/html/page/selection.ts';
import { sentence } from '../../../src/render/html/page/sentence.ts';
import type { Report } from '../../../src/report/schema.ts';
import { samplePair } from '../sample-report.ts';
import { withFloor } from '../with-floor.ts';
import { largeReport } from './large-report.ts';

const pair = new PageReport(buildPageData(samplePair()));
const ANSWER = { column: 0, row: 48 };

describe('keys', () => {
  const other = new Set(['1,2', '3,0']);
  const grid = {
    columns: 4,
    rows: 20,
    otherTop1: ({ column, row }: { column: number; row: number }) => other.has(`${column},${row}`),
  };
  it.each([
    ['ArrowLeft', { column: 0, row: 10 }, { column: 0 }],
    ['ArrowRight', { column: 1, row: 10 }, { column: 2 }],
    ['ArrowRight', { column: 3, row: 10 }, { column: 3 }],
    ['ArrowUp', { column: 0, row: 10 }, { row: 11 }],
    ['ArrowUp', { column: 0, row: 19 }, { row: 19 }],
    ['ArrowDown', { column: 0, row: 0 }, { row: 0 }],
    ['PageUp', { column: 0, row: 15 }, { row: 19 }],
    ['PageDown', { column: 0, row: 15 }, { row: 7 }],
    ['Home', { column: 2, row: 5 }, { column: 0 }],
    ['End', { column: 2, row: 5 }, { column: 3 }],
    ['n', { column: 0, row: 0 }, { column: 1, row: 2 }],
    ['n', { column: 1, row: 2 }, { column: 3, row: 0 }],
    ['n', { column: 3, row: 0 }, { column: 1, row: 2 }],
    ['p', { column: 1, row: 2 }, { column: 3, row: 0 }],
    ['Enter', { column: 0, row: 0 }, { pinned: true }],
    ['Escape', { column: 0, row: 0 }, { pinned: false }],
    ['x', { column: 0, row: 0 }, undefined],
  ])('%s in %o', (key, cell, expected) => {
    expect(selectionAfter(key, { ...cell, pinned: false }, grid)).toEqual(expected);
  });

  it('n stays where no other cell differs', () => {
    const same = { columns: 2, rows: 2, otherTop1: () => false };
    expect(selectionAfter('n', { column: 1, row: 1, pinned: false }, same)).toEqual({ column: 1, row: 1 });
  });
});

it('a selection tells its followers of changes only', () => {
  const seen: number[] = [];
  const selection = new Selection({ column: 0, row: 3 });
  selection.follow(({ row }) => seen.push(row));
  selection.move({ row: 3 });
  selection.move({ row: 4 });
  expect(seen).toEqual([3, 4]);
});

it('a cell in words', () => {
  expect(sentence(pair, ANSWER)).toBe(
    'L-48, position 9, token ·give. Base: ·a 39.0%, entropy 3.02. Fine-tune: ·me 58.9%, entropy 2.44. Other token, divergence 0.4400, 4 of 8 experts shared.',
  );
});

it('a cell within the noise floor in words', () => {
  const noise = new PageReport(buildPageData(withFloor(samplePair(), () => Math.LN2)));
  expect(sentence(noise, ANSWER)).toContain(
    'Other token, divergence 0.4400, within the noise floor, 4 of 8 experts shared.',
  );
  expect(markOf(noise, ANSWER)).toBe('≈');
  expect([markOf(pair, ANSWER), markOf(noise, { column: 0, row: 0 })]).toEqual(['≠', '=']);
});

it('the map of differences marks other top tokens, and strikes through what lies within the noise floor', () => {
  const noise = new PageReport(buildPageData(withFloor(samplePair(), (layer) => (layer < 30 ? Math.LN2 : 0))));
  const { change } = noise.data;
  const [measure] = changeMeasures(noise);
  if (change === null || measure === undefined) throw new Error('the sample compares two models');
  const { mark: markIn, segments } = changeContent(noise, change, measure);
  const at = (row: number) => [markIn?.({ column: 0, row }), segments?.({ column: 0, row })[0]?.text.split(' ')[0]];
  // L-25 has another top token, within the floor; the embeddings are the same.
  expect([at(25), at(48), at(43)]).toEqual([
    ['╱', '≈'],
    ['▪', '≠'],
    ['', segments?.({ column: 0, row: 43 })[0]?.text],
  ]);
  expect(at(0)[0]).toBe('');
});

it('experts of a cell: kept, gained and lost', () => {
  const report = largeReport({ positions: 1, layers: 2, experts: 16, expertsPerToken: 4 });
  const page = new PageReport(buildPageData(report));
  const routing = report.comparison?.positions[0]?.layers[2]?.routing;
  const change = expertChange(page, { column: 0, row: 2 });
  expect(change?.gained.map(({ expert }) => expert)).toEqual(routing?.gained);
  expect(change?.lost.map(({ expert }) => expert)).toEqual(routing?.lost);
  expect(change?.kept).toHaveLength(4 - (routing?.lost.length ?? 0));
  expect(expertChange(page, { column: 0, row: 0 })).toBeUndefined();
});

describe('measures', () => {
  it('of models share a range that leaves the sink at position 0 out', () => {
    const report = largeReport({ positions: 3, layers: 4, experts: 0, expertsPerToken: 0 });
    const sink = report.models.base.positions[0]?.layers[1];
    if (sink) sink.klToFinalNats = 1000;
    const page = new PageReport(buildPageData(report));
    const kl = modelMeasures(page).find(({ name }) => name.startsWith('KL'));
    expect(kl?.high).toBeLessThan(10);
    expect(kl?.high).toBeGreaterThan(1);
  });

  it('of differences: the distance is absolute, the change of entropy symmetric, experts only where there are any', () => {
    const [distance, entropy, , experts] = changeMeasures(pair);
    expect([distance?.low, distance?.high]).toEqual([0, 1]);
    expect(entropy?.low).toBe(-(entropy?.high ?? 0));
    expect(experts?.high).toBe(8);
    const { change } = pair.data;
    expect(change && distance?.value(change, ANSWER)).toBeCloseTo(Math.sqrt(0.44 / Math.LN2), 5);
    expect(change && entropy?.value(change, ANSWER)).toBeCloseTo(2.4413 - 3.0247, 2);
  });

  it('rank 1 is the strongest colour, and an empty range is no division by 0', () => {
    const rank = modelMeasures(pair).at(-1);
    expect(rank && share(rank, 0)).toBe(1);
    expect(rank && share({ ...rank, low: 0, high: 0 }, 0)).toBe(0);
  });
});

it('nine steps of colour', () => {
  expect([-1, 0, 0.111, 0.112, 0.5, 0.999, 1, 2].map(stepOf)).toEqual([0, 0, 0, 1, 4, 8, 8, 8]);
});

describe('cells on the screen', () => {
  it.each([
    [1, 7, 64, 49, 318],
    [2, 3, 12, 9, 301],
    [1.5, 0, 512, 49, 366],
  ])('fill the map without gaps, on device pixels (density %f)', (density, row, columns, rows, width) => {
    const layout = new GridLayout(columns, rows, width, 460, density);
    let right = 34;
    for (let column = 0; column < columns; column++) {
      const box = layout.box({ column, row });
      expect(box.left).toBeCloseTo(right, 9);
      expect((box.left - 34) * density).toBeCloseTo(Math.round((box.left - 34) * density), 9);
      right = box.left + box.width;
    }
    expect(right).toBeCloseTo(34 + width, 0);
  });

  it('are found under the pointer, the last layer on top', () => {
    const layout = new GridLayout(4, 10, 400, 200, 1);
    expect(layout.cellAt(34 + 150, 30)).toEqual({ column: 1, row: 8 });
    for (const [x, y] of [
      [33, 10],
      [434, 10],
      [100, 200],
      [100, -1],
    ] as const)
      expect(layout.cellAt(x, y)).toBeUndefined();
  });

  it.each([
    [20, 13, 1],
    [9, 13, 2],
    [2, 13, 8],
  ])('of %i pixels have a name of %i every %i', (size, needed, step) => expect(tickStep(size, needed)).toBe(step));
});

describe('maps of experts', () => {
  const report = largeReport({ positions: 3, layers: 2, experts: 16, expertsPerToken: 4 });
  const page = new PageReport(buildPageData(report));

  it('mark what the fine-tune gained and lost', () => {
    const map = choiceMap(page, 1);
    const routing = report.comparison?.positions[1]?.layers[2]?.routing;
    const marked = (sign: string): number[] =>
      Array.from({ length: 16 }, (_, expert) => expert).filter((column) => map.mark?.({ column, row: 1 }) === sign);
    expect(marked('▲')).toEqual(routing?.gained.toSorted((a, b) => a - b));
    expect(marked('▼')).toEqual(routing?.lost.toSorted((a, b) => a - b));
  });

  it('show how often each expert is chosen, and how much more often by the fine-tune', () => {
    const counts = (model: keyof Report['models']): number[] =>
      report.models[model]?.expertLoad?.[1]?.assignments ?? [];
    const [base, ft] = [counts('base'), counts('ft')];
    const [inBase, inFt] = page.data.models.map(({ load }) => load?.assignments ?? []);
    const load = loadMap(page, inBase ?? [], 4);
    const change = loadChangeMap(page, inBase ?? [], inFt ?? [], 2);
    for (let column = 0; column < 16; column++) {
      expect(load.share({ column, row: 1 })).toBe((base[column] ?? 0) / 4);
      expect(change.share({ column, row: 1 })).toBe(0.5 + ((ft[column] ?? 0) - (base[column] ?? 0)) / 4);
    }
    // Two positions: the first is left out.
    expect(inBase?.reduce<number>((sum, count) => sum + (count ?? 0), 0)).toBe(2 * 2 * 4);
  });

  it('find the largest change of a load', () => {
    expect(largestChange([1, 5, null], [3, 2, 1])).toBe(3);
    expect(largestChange([2, 2], [2, 2])).toBe(1);
  });
});
