import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { errorBlock, exitCodeOf } from '../../src/cli/error-block.ts';
import { FtLensError, inputError, usageError } from '../../src/errors.ts';

const PLAIN = { colour: false, width: 80, verbose: false };

describe('errorBlock', () => {
  test('says what, where, expected, got and what to do', () => {
    const error = inputError('The fine-tune export was not found.', {
      where: '--ft ./my-ft',
      expected: 'a folder',
      got: 'no such folder',
      remedy: 'look again',
    });
    expect(errorBlock(error, PLAIN)).toBe(
      [
        'error  The fine-tune export was not found.                                exit 2',
        '  where     --ft ./my-ft',
        '  expected  a folder     got  no such folder',
        '  do        look again',
        '',
      ].join('\n'),
    );
  });

  test('long facts stand on lines of their own', () => {
    const error = usageError('Wrong.', { expected: 'e'.repeat(50), got: 'g'.repeat(50) });
    expect(errorBlock(error, PLAIN).split('\n').slice(1, 3)).toEqual([
      `  expected  ${'e'.repeat(50)}`,
      `  got       ${'g'.repeat(50)}`,
    ]);
  });

  test('makes control characters visible and cuts endless texts', () => {
    const error = inputError('A file\u001B[2J.', { where: 'a\nb\u009B\u202E', got: 'x'.repeat(10_000) });
    const text = errorBlock(error, PLAIN);
    expect(text).not.toMatch(/[^\n\P{Cc}]|\u202E/u);
    expect(text).toContain(String.raw`a\nb\x9B\u202E`);
    expect(text.length).toBeLessThan(1_000);
  });

  test('a stack only when asked for, and with it the cause', () => {
    const error = inputError('Wrong.', { cause: new Error('ENOENT: reason') });
    expect(errorBlock(error, PLAIN)).not.toContain('    at ');
    expect(errorBlock(error, { ...PLAIN, verbose: true })).toMatch(/ {4}at .*\ncaused by\nError: ENOENT: reason\n/s);
  });

  test('a defect keeps its stack', () => {
    const text = errorBlock(new TypeError('x is not a function'), PLAIN);
    expect(text).toMatch(/^error {2}ft-lens itself failed: this is a defect\. +exit 3\n/);
    expect(text).toMatch(/TypeError: x is not a function\n {4}at /);
  });

  test('is coloured only in its first word', () => {
    const coloured = errorBlock(inputError('Wrong.'), { ...PLAIN, colour: true });
    expect(stripVTControlCharacters(coloured)).toBe(errorBlock(inputError('Wrong.'), PLAIN));
    expect(coloured.startsWith('\u001B[')).toBe(true);
    expect(coloured.indexOf('Wrong.')).toBeGreaterThan(coloured.lastIndexOf('\u001B'));
  });
});

test.each([
  [usageError('x'), 2],
  [inputError('x'), 2],
  [new FtLensError('x', { kind: 'device' }), 3],
  [new FtLensError('x', { kind: 'runtime' }), 3],
  [new FtLensError('x', { kind: 'interrupted' }), 130],
  [new Error('x'), 3],
  ['thrown text', 3],
])('exitCodeOf %s', (error, code) => {
  expect(exitCodeOf(error)).toBe(code);
});
