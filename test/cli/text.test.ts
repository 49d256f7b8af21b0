import { describe, expect, test } from 'vitest';
import { columns } from '../../src/cli/columns.ts';
import { shellWord } from '../../src/shell-word.ts';
import { suggestSimilar } from '../../src/cli/similar.ts';
import { formatBytes, formatCount, formatDuration, formatPercent } from '../../src/cli/units.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [99_949, '99.9 kB'],
  [99_951, '100 kB'],
  [999_600, '1.0 MB'],
  [16_900_000_000, '16.9 GB'],
  [5e15, '5000 TB'],
])('formatBytes(%d)', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test.each([
  [0, '0.0 s'],
  [59_400, '59.4 s'],
  [59_600, '1 min 0 s'],
  [372_000, '6 min 12 s'],
])('formatDuration(%d)', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  [0, '0'],
  [1e-9, '<0.01 %'],
  [0.000_2, '0.020 %'],
  [0.0951, '9.5 %'],
  [0.1064, '10.6 %'],
])('formatPercent(%d)', (ratio, text) => {
  expect(formatPercent(ratio)).toBe(text);
});

test.each([
  [18_432, '18,432'],
  [197_696_000, '197.7 M'],
  [30_532_122_624, '30.5 B'],
])('formatCount(%d)', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test('columns are aligned by display width', () => {
  expect(
    columns(
      [
        ['日本', '1'],
        ['a', '100'],
      ],
      ['left', 'right'],
    ),
  ).toEqual(['日本    1', 'a     100']);
});

describe('suggestSimilar', () => {
  test.each([
    ['bas-int4', 'base-int4'],
    ['base', 'base-int4'],
    ['ft-inft4', 'ft-int4'],
    ['ft', undefined],
    ['elsewhere', undefined],
  ])('%s', (word, expected) => {
    expect(suggestSimilar(word, ['base-int4', 'ft-int4', 'e'])).toBe(expected);
  });
});

test.each([
  ['./exports/ft-int4', './exports/ft-int4'],
  ['my model', "'my model'"],
  ["it's", String.raw`'it'\''s'`],
  ['$(rm)', "'$(rm)'"],
])('shellWord %s', (path, word) => {
  expect(shellWord(path)).toBe(word);
});
