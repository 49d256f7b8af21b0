import { describe, expect, it } from 'vitest';
import { styleOf } from '../../../src/render/style.ts';
import { foldChange, foldText, rowsOf } from '../../../src/render/table/folding.ts';
import { readingsOf } from '../../../src/render/table/reading.ts';
import type { Reading } from '../../../src/render/table/reading.ts';
import type { PositionComparison, Report } from '../../../src/report/schema.ts';
import { sampleIdentical, samplePair, sampleSingle } from '../sample-report.ts';
import { withFloor } from '../with-floor.ts';

const style = styleOf({ width: 160, colour: 0, ascii: false, accessible: false, layers: 'fold', terminal: true });

function readingOf(report: Report, change: (position: PositionComparison) => void = () => {}): Reading {
  for (const position of report.comparison?.positions ?? []) change(position);
  const [reading] = readingsOf(report, style);
  if (reading === undefined) throw new Error('the sample was read at no position');
  return reading;
}

function folds(reading: Reading): (readonly [from: number, to: number])[] {
  return rowsOf(reading, 'fold').flatMap((row) => (row.kind === 'fold' ? [[row.from, row.to] as const] : []));
}

describe('rowsOf', () => {
  it('joins like layers, but not the embedding, the last, the first to differ, nor where a model settles', () => {
    expect(folds(readingOf(samplePair()))).toEqual([[2, 24]]);
  });

  it('keeps the first divergent layer, the first other top-1 and both commit layers out of a fold', () => {
    const reading = readingOf(samplePair(), (position) => {
      for (const row of position.layers) Object.assign(row, { jsNats: 0.001, sameTop1: true });
      position.firstDivergentLayer = 10;
      position.firstTop1ChangeLayer = 20;
    });
    // Base settles at 48, the fine-tune at 43.
    expect(folds(reading)).toEqual([
      [1, 9],
      [11, 19],
      [21, 42],
      [44, 47],
    ]);
  });

  it('folds what lies within the noise floor, too, but not where the top-1 is another one', () => {
    const report = withFloor(samplePair(), (layer) => (layer < 40 ? 0.7 : 0));
    const reading = readingOf(report, ({ layers }) => {
      for (const row of layers) Object.assign(row, { jsNats: 0.3, sameTop1: row.layer !== 30 });
    });
    // Top-1 first differs at 25 in the sample.
    expect(folds(reading)).toEqual([
      [2, 24],
      [26, 29],
      [31, 39],
    ]);
  });

  it('folds three layers and more, not two', () => {
    const quiet = (from: number, to: number) =>
      readingOf(samplePair(), ({ layers }) => {
        for (const row of layers) row.jsNats = row.layer >= from && row.layer <= to ? 0.0099 : 0.01;
      });
    expect(folds(quiet(5, 6))).toEqual([]);
    expect(folds(quiet(5, 7))).toEqual([[5, 7]]);
  });

  it('shows every layer once, folded or not', () => {
    const layers = rowsOf(readingOf(samplePair()), 'fold').flatMap((row) =>
      row.kind === 'layer'
        ? [row.layer]
        : Array.from({ length: row.to - row.from + 1 }, (_, index) => row.from + index),
    );
    expect(layers).toEqual(Array.from({ length: 49 }, (_, layer) => layer));
  });

  it('never folds one model, nor two that are the same', () => {
    expect(rowsOf(readingOf(sampleSingle()), 'fold')).toHaveLength(49);
    expect(rowsOf(readingOf(sampleIdentical()), 'fold')).toHaveLength(49);
  });

  it('leaves out layers that the model does not have', () => {
    expect(rowsOf(readingOf(samplePair()), [48, 0, 99])).toEqual([
      { kind: 'layer', layer: 0 },
      { kind: 'layer', layer: 48 },
    ]);
  });
});

describe('what a fold says', () => {
  it.each([
    [30, '  L-2 to L-24: 23 layers'],
    [50, '  L-2 to L-24: 23 layers, same top-1 in both'],
    [80, '  L-2 to L-24: 23 layers, same top-1 in both (了一些 9x, ·us 6x, 了一 3x, …)'],
    [
      120,
      '  L-2 to L-24: 23 layers, same top-1 in both (了一些 9x, ·us 6x, 了一 3x, …); H 1.59 to 6.97 | 1.59 to 7.03',
    ],
  ])('whole parts only, in %i columns', (width, text) => {
    expect(foldText(readingOf(samplePair()), 2, 24, width, style)).toBe(text);
  });

  it.each([
    [26, '~ 2e-5 to 0.0086, exp≥7'],
    [16, '~ 2e-5 to 0.0086'],
    [12, '~ max 0.0086'],
    [8, '~ 0.0086'],
  ])('the divergences, in %i columns', (width, text) => {
    const rows = readingOf(samplePair()).change?.layers.slice(2, 25) ?? [];
    expect(foldChange(rows, 8, width, style)).toBe(text);
  });

  it('layers are equal when all of them are', () => {
    const rows = readingOf(samplePair()).change?.layers.slice(2, 5) ?? [];
    const equal = rows.map((row) => ({ ...row, jsNats: 0, residualRelativeL2: 0 }));
    expect(foldChange(equal, 8, 16, style)).toBe('= 0, exp≥8');
    const moved = equal.map((row, index) => ({ ...row, residualRelativeL2: index === 1 ? 1e-7 : 0 }));
    expect(foldChange(moved, 8, 16, style)).toBe('~ 0, exp≥8');
    const noise = moved.map((row) => ({ ...row, withinFloor: true }));
    expect(foldChange(noise, 8, 16, style)).toBe('≈ 0, exp≥8');
  });
});
