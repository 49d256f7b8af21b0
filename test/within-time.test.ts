import { expect, it } from 'vitest';
import { inputError } from '../src/errors.ts';
import { withinTime } from '../src/within-time.ts';

const tooLong = (cause: unknown): Error => inputError('Too long.', { cause });

it('gives what the work gives, in its own objects', () => {
  const result = { answer: 42 };
  expect(withinTime(1_000, () => result, tooLong)).toBe(result);
});

it('lets the errors of the work through', () => {
  const error = inputError('Something else.');
  const failing = (): never => {
    throw error;
  };
  expect(() => withinTime(1_000, failing, tooLong)).toThrow(error);
});

it('breaks off work that has no end', () => {
  const endless = (): never => {
    for (;;);
  };
  expect(() => withinTime(50, endless, tooLong)).toThrow('Too long.');
});
