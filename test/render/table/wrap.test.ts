import { describe, expect, test } from 'vitest';
import { wrap } from '../../../src/render/table/wrap.ts';

describe('wrap', () => {
  test('breaks at blanks, under the head', () => {
    expect(wrap('to ', 'be or not to be', 8)).toEqual(['to be or', '   not', '   to be']);
  });

  test.each([
    ['base on " say" too', ['base on', '" say"', 'too']],
    ['rank 1 (" me")', ['rank 1', '(" me")']],
    ['the one " "', ['the one', '" "']],
  ])('keeps the blank that a token begins with beside it: %s', (text, lines) => {
    expect(wrap('', text, 9)).toEqual(lines);
  });

  test('breaks a word that is wider than a line', () => {
    expect(wrap('', 'abcdefg hi', 4)).toEqual(['abcd', 'efg', 'hi']);
  });
});
