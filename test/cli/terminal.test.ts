import { describe, expect, test } from 'vitest';
import { isAccessible, tableWidth, usesColour } from '../../src/cli/terminal.ts';

const TTY = { isTTY: true, columns: 97 };
const PIPE = {};

describe('usesColour, first match wins', () => {
  test.each([
    ['a terminal', TTY, {}, false, true],
    ['a pipe', PIPE, {}, false, false],
    ['--no-color before FORCE_COLOR', TTY, { FORCE_COLOR: '1' }, true, false],
    ['FORCE_COLOR in a pipe', PIPE, { FORCE_COLOR: '1' }, false, true],
    ['FORCE_COLOR without a value', PIPE, { FORCE_COLOR: '' }, false, true],
    ['FORCE_COLOR=0 on a terminal', TTY, { FORCE_COLOR: '0' }, false, false],
    ['FORCE_COLOR before NO_COLOR', PIPE, { FORCE_COLOR: '3', NO_COLOR: '1' }, false, true],
    ['NO_COLOR', TTY, { NO_COLOR: '1' }, false, false],
    ['an empty NO_COLOR means nothing', TTY, { NO_COLOR: '' }, false, true],
    ['a dumb terminal', TTY, { TERM: 'dumb' }, false, false],
  ])('%s', (_name, stream, environment, noColor, expected) => {
    expect(usesColour(stream, environment, noColor)).toBe(expected);
  });
});

describe('tableWidth', () => {
  test.each([
    ['--width before everything', TTY, { COLUMNS: '120' }, 80, 80],
    ['the terminal before COLUMNS', TTY, { COLUMNS: '120' }, undefined, 97],
    ['COLUMNS in a pipe', PIPE, { COLUMNS: '120' }, undefined, 120],
    ['a COLUMNS that cannot be meant', PIPE, { COLUMNS: '7' }, undefined, undefined],
    ['a COLUMNS that is no number', PIPE, { COLUMNS: '120px' }, undefined, undefined],
    ['a pipe has no limit', PIPE, {}, undefined, undefined],
  ])('%s', (_name, stream, environment, asked, expected) => {
    expect(tableWidth(stream, environment, asked)).toBe(expected);
  });
});

test.each([
  [{}, false],
  [{ ACCESSIBLE: '1' }, true],
  [{ ACCESSIBLE: '0' }, false],
  [{ ACCESSIBLE: '' }, false],
])('isAccessible %o', (environment, expected) => {
  expect(isAccessible(environment)).toBe(expected);
});
