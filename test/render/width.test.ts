import { describe, expect, it } from 'vitest';
import { cut, displayWidth, pad, padAnchored, placeColumns } from '../../src/render/width.ts';

describe('displayWidth', () => {
  // What tmux 3.3a gives each text.
  it.each([
    ['abc', 3],
    ['了一些', 6],
    ['한국어', 6],
    ['ｆ', 2],
    ['😀', 2],
    ['é', 1],
    ['e\u0301', 1],
    ['हिन्दी', 5],
    ['ไทย', 3],
    ['กำ', 2],
    ['\u2068مصطف\u2069', 4],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('cut', () => {
  it('keeps whole graphemes and says that something is missing', () => {
    expect(cut('explanations', 8, '…')).toBe('explana…');
    expect(cut('了一些人', 6, '…')).toBe('了一…');
    expect(cut('ae\u0301iou', 3, '…')).toBe('ae\u0301…');
    expect(cut('abcdef', 4, '..')).toBe('ab..');
  });

  it('never exceeds the width, however small', () => {
    expect(cut('abc', 1, '..')).toBe('.');
    expect(cut('了一', 1, '…')).toBe('…');
    expect(cut('fits', 4, '…')).toBe('fits');
  });
});

describe('columns', () => {
  it('pads by display width', () => {
    expect(pad('日本', 6)).toBe('日本  ');
    expect(pad('too long', 3)).toBe('too long');
  });

  it('holds the next column in place where terminals disagree, on a terminal only', () => {
    const line = `${padAnchored('ไทย', 6)}|${padAnchored('👍', 4)}|`;
    expect(placeColumns(line, false)).toBe('ไทย   |👍  |');
    expect(placeColumns(line, true)).toBe('ไทย   \u001b[7G|👍  \u001b[12G|');
  });

  it('ends a line with its last visible character', () => {
    expect(placeColumns(`a  ${padAnchored('ไ', 4)}`, true)).toBe('a  ไ');
  });
});
