import { expect, it } from 'vitest';
import { spellings } from '../../../src/analysis/prompt/spellings.ts';

it.each([
  ['me', ['me', ' me', 'Me', ' Me', 'ME', ' ME']],
  [' me', [' me', 'me', 'Me', ' Me', 'ME', ' ME']],
  ['iPhone', ['iPhone', ' iPhone', 'iphone', ' iphone', 'Iphone', ' Iphone', 'IPHONE', ' IPHONE']],
  ['I', ['I', ' I', 'i', ' i']],
  ['42', ['42', ' 42']],
  [',', [',', ' ,']],
  ['狐', ['狐', ' 狐']],
  ['ünder', ['ünder', ' ünder', 'Ünder', ' Ünder', 'ÜNDER', ' ÜNDER']],
  // Outside the basic plane a letter is two UTF-16 units.
  ['𐐨x', ['𐐨x', ' 𐐨x', '𐐀x', ' 𐐀x', '𐐀X', ' 𐐀X']],
  ['  two', ['  two', 'two', ' two', 'Two', ' Two', 'TWO', ' TWO']],
  ['\n', ['\n', ' \n']],
  [' ', [' ']],
  ['', ['']],
])('%j is also written %j', (text, expected) => expect(spellings(text)).toEqual(expected));
