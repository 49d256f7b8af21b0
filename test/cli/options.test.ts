import { describe, expect, test } from 'vitest';
import * as options from '../../src/cli/options.ts';
import { FtLensError } from '../../src/errors.ts';

const refuses = (parse: (value: string) => unknown, value: string): void => {
  expect(() => parse(value)).toThrow(FtLensError);
  expect(() => parse(value)).toThrow('An option has a value that it cannot have.');
};

describe('wholeNumber', () => {
  const parse = options.wholeNumber('-k', 1);

  test('keeps an upper bound, where there is one', () => {
    const width = options.wholeNumber('--width', 40, 2000);
    expect(width('2000')).toBe(2000);
    expect(() => width('2001')).toThrow(
      expect.objectContaining({ where: '--width', expected: 'a whole number of at least 40 and at most 2000' }),
    );
  });
  test('reads', () => expect([parse('1'), parse('007')]).toEqual([1, 7]));
  test.each(['0', '-1', '1.5', '1e3', '', ' 1', 'x', '9'.repeat(20)])('refuses "%s"', (value) => refuses(parse, value));
});

describe('probability', () => {
  const parse = options.probability('-p');
  test('reads', () => expect([parse('0'), parse('1'), parse('1e-4'), parse('.5')]).toEqual([0, 1, 1e-4, 0.5]));
  test.each(['-0.1', '1.1', '', ' ', 'x', 'NaN', 'Infinity'])('refuses "%s"', (value) => refuses(parse, value));
});

describe('wordOrList', () => {
  const positions = options.wordOrList('--positions', ['last', 'all'], { negative: true });
  const layers = options.wordOrList('--layers', ['fold', 'all'], { negative: false });
  test('reads words and lists', () => {
    expect([positions('all'), positions('0,3,-1'), layers('0, 24')]).toEqual(['all', [0, 3, -1], [0, 24]]);
  });
  test.each(['', '1,', 'first', '1.5', '--1', '0x10'])('refuses "%s"', (value) => refuses(positions, value));
  test('refuses to count layers from the end', () => refuses(layers, '-1'));
});

describe('tokenIds', () => {
  const parse = options.tokenIds('--token-ids');
  test('reads', () => expect(parse('2610, 525,0')).toEqual([2610, 525, 0]));
  test.each(['', '-1', '1;2', '1 2', '9'.repeat(10)])('refuses "%s"', (value) => refuses(parse, value));
});

test('oneOf and oneOfNumbers take what is listed', () => {
  expect(options.oneOf('--device', ['cpu', 'cuda'])('cuda')).toBe('cuda');
  expect(options.oneOfNumbers('--bits', [4, 8])('8')).toBe(8);
  refuses(options.oneOf('--device', ['cpu', 'cuda']), 'CPU');
  refuses(options.oneOfNumbers('--bits', [4, 8]), '4.0');
});

test('repeated collects', () => {
  const parse = options.repeated(String);
  expect(parse('b', parse('a', undefined))).toEqual(['a', 'b']);
});
