import { describe, expect, it } from 'vitest';
import { styleOf } from '../../../src/render/style.ts';
import { changeCell, changeMark } from '../../../src/render/table/layer-rows.ts';
import { labelTokens, tokenCell, tokenList } from '../../../src/render/table/token-cells.ts';
import type { LayerComparison } from '../../../src/report/schema.ts';
import { samplePair } from '../sample-report.ts';
import { withFloor } from '../with-floor.ts';

const style = styleOf({ width: 100, colour: 0, ascii: false, accessible: false, layers: 'all', terminal: false });
const FULL = { width: 26, rank: true, bar: true, experts: true, floor: false };
const NARROW = { width: 8, rank: false, bar: false, experts: false, floor: false };

function row(changes: Partial<LayerComparison> = {}): LayerComparison {
  const last = samplePair().comparison?.positions[0]?.layers.at(-1);
  if (last === undefined) throw new Error('the sample compares nothing');
  return { ...last, ...changes };
}

describe('changeMark', () => {
  it.each([
    [{ sameTop1: true, jsNats: 0, residualRelativeL2: 0 }, '='],
    // States that differ too little for the JS in f32.
    [{ sameTop1: true, jsNats: 0, residualRelativeL2: 1e-7 }, '~'],
    [{ sameTop1: true, jsNats: 1e-12 }, '~'],
    [{ sameTop1: false, jsNats: 0.4 }, '≠'],
    [{ sameTop1: false, jsNats: 0 }, '≠'],
    [{ sameTop1: false, jsNats: 0.4, withinFloor: false }, '≠'],
    // Another top-1 that rounding alone could have made.
    [{ sameTop1: false, jsNats: 0.4, withinFloor: true }, '≈'],
    [{ sameTop1: true, jsNats: 0.4, withinFloor: true }, '≈'],
    [{ sameTop1: true, jsNats: 0, residualRelativeL2: 0, withinFloor: true }, '='],
  ])('%o is %s', (changes, mark) => {
    expect(changeMark(row(changes), style)).toBe(mark);
  });
});

describe('changeCell', () => {
  it('shows the floor last, in its own column', () => {
    const [floor] = withFloor(samplePair()).comparison?.floor?.positions[0]?.layers.slice(-1) ?? [];
    const wide = { ...FULL, floor: true, width: 33 };
    expect(changeCell(row(), floor, wide, 8, style)).toBe('≠ 0.4400 ████      2/3 4/8 0.0140');
    expect(changeCell(row({ routing: null }), floor, wide, 8, style)).toBe('≠ 0.4400 ████      2/3     0.0140');
  });

  it('writes loud what has another top-1, quiet what is equal or noise', () => {
    const marked = {
      ...style,
      palette: { ...style.palette, bold: (text: string) => `<${text}>`, dim: (text: string) => `(${text})` },
    };
    const cell = (changes: Partial<LayerComparison>) => changeCell(row(changes), undefined, NARROW, 8, marked);
    expect(cell({})).toBe('<≠> 0.4400');
    expect(cell({ withinFloor: true })).toBe('(≈) 0.4400');
    expect(cell({ sameTop1: true })).toBe('~ 0.4400');
    expect(cell({ sameTop1: true, jsNats: 0, residualRelativeL2: 0 })).toBe('(=)      0');
  });

  it('shows mark, divergence, distance, ranks and experts', () => {
    expect(changeCell(row(), undefined, FULL, 8, style)).toBe('≠ 0.4400 ████      2/3 4/8');
    expect(changeCell(row(), undefined, NARROW, 8, style)).toBe('≠ 0.4400');
    expect(changeCell(row({ routing: null }), undefined, FULL, 8, style).trimEnd()).toBe('≠ 0.4400 ████      2/3');
  });

  it.each([
    [3, 105, '3/105'],
    [1, 15_432, '1/15k'],
    [9999, 1, '9999/1'],
    [9999, 1234, '10k/1k'],
    [151_000, 1, '151k/1'],
    [151_000, 149_000, '.2M/.1M'],
    [4_000_000, 950_000, '4M/1M'],
  ])('writes ranks %i and %i as %s, in 7 columns', (baseTop1RankInFt, ftTop1RankInBase, text) => {
    const cell = changeCell(row({ baseTop1RankInFt, ftTop1RankInBase }), undefined, FULL, 8, style);
    expect(cell.slice(15, 22)).toBe(text.padStart(7));
    expect(cell).toHaveLength(26);
  });

  it('fills the bar by the square root of JS / ln 2', () => {
    expect(changeCell(row({ jsNats: Math.LN2 }), undefined, FULL, 8, style)).toContain(' █████ ');
    expect(changeCell(row({ jsNats: Math.LN2 / 4 }), undefined, FULL, 8, style)).toContain(' ██▌   ');
  });

  it('counts shared experts alone where two numbers have no room', () => {
    const routing = { jaccard: 0.5, jsNats: 0.1, gained: [1], lost: [2] };
    expect(changeCell(row({ routing }), undefined, FULL, 12, style)).toMatch(/ 11$/);
  });
});

describe('tokens of a row', () => {
  const [first, second, third] = [
    { id: 7, text: ' a', prob: 0.5 },
    { id: 8, text: '\u00a0a', prob: 0.3 },
    { id: 9, text: String.raw`\xA0a`, prob: 0.004 },
  ];

  it('tells ids of equal text apart, also when cut', () => {
    const labels = labelTokens([first, second, third], style);
    expect(tokenCell(first, labels, 8, style)).toBe('·a      ');
    expect(tokenCell(second, labels, 8, style)).toBe(String.raw`\xA0a#8 `);
    expect(tokenCell(third, labels, 6, style)).toBe(String.raw`\xA…#9`);
  });

  it('does not mark one id that stands in both models', () => {
    expect(labelTokens([first, first], style).get(7)).toEqual({ text: '·a', suffix: '' });
  });

  it('lists what fits, and cuts only the last', () => {
    const tokens = ['us', 'explanations', 'me'].map((text, id) => ({ id, text: ` ${text}`, prob: 0.1 / (id + 1) }));
    const labels = labelTokens(tokens, style);
    expect(tokenList(tokens, labels, false, 40, style)).toBe('·us  ·explanations  ·me');
    expect(tokenList(tokens, labels, false, 12, style)).toBe('·us  ·expla…');
    expect(tokenList(tokens, labels, false, 7, style)).toBe('·us');
    expect(tokenList(tokens, labels, true, 30, style)).toBe('·us 10%  ·explanations 5%');
    expect(tokenList([third], labelTokens([third], style), true, 30, style)).toBe(String.raw`\xA0a <1%`);
    expect(tokenList([], labels, false, 9, style)).toBe('');
  });
});
