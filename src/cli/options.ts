import { availableParallelism } from 'node:os';
import { usageError } from '../errors.ts';

/** Parsers of option values: each is given to commander and raises a usage error that names its option. */

/** A whole number of at least `smallest`, and at most `largest` where there is a bound. */
export function wholeNumber(
  option: string,
  smallest: number,
  largest = Number.MAX_SAFE_INTEGER,
): (value: string) => number {
  return (value) => {
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= smallest && number <= largest) return number;
    const bound = largest === Number.MAX_SAFE_INTEGER ? '' : ` and at most ${largest}`;
    throw wrongValue(option, `a whole number of at least ${smallest}${bound}`, value);
  };
}

/** A number of threads. Beyond the cores they only take turns: on two cores 128 make a run ten times as long. */
export function threadCount(option: string): (value: string) => number {
  return wholeNumber(option, 1, 4 * availableParallelism());
}

/** One of the numbers. */
export function oneOfNumbers<const Choice extends number>(
  option: string,
  choices: readonly Choice[],
): (value: string) => Choice {
  return (value) => {
    const choice = choices.find((candidate) => String(candidate) === value);
    if (choice !== undefined) return choice;
    throw wrongValue(option, choices.join(', '), value);
  };
}

/** A number in 0..1. */
export function probability(option: string): (value: string) => number {
  return (value) => {
    const number = value.trim() === '' ? Number.NaN : Number(value);
    if (number >= 0 && number <= 1) return number;
    throw wrongValue(option, 'a number from 0 to 1', value);
  };
}

/** One of the words. */
export function oneOf<const Word extends string>(option: string, words: readonly Word[]): (value: string) => Word {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw wrongValue(option, words.join(', '), value);
  };
}

/** One of the words, or whole numbers separated by commas; negative ones only where they count from the end. */
export function wordOrList<const Word extends string>(
  option: string,
  words: readonly Word[],
  { negative, example = negative ? '0,3,-1' : '0,24,48' }: { readonly negative: boolean; readonly example?: string },
): (value: string) => Word | number[] {
  return (value) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    const pattern = negative ? /^-?\d{1,9}$/ : /^\d{1,9}$/;
    const parts = value.split(',').map((part) => part.trim());
    if (parts.every((part) => pattern.test(part))) return parts.map(Number);
    throw wrongValue(option, `${words.join(', ')} or a list such as ${example}`, value);
  };
}

/** Token ids separated by commas. */
export function tokenIds(option: string): (value: string) => number[] {
  return (value) => {
    const parts = value.split(',').map((part) => part.trim());
    if (parts.every((part) => /^\d{1,9}$/.test(part))) return parts.map(Number);
    throw wrongValue(option, 'token ids separated by commas, such as 2610,525', value);
  };
}

/** Collects the values of an option that may be given several times. */
export function repeated<Value>(
  parse: (value: string) => Value,
): (value: string, before: Value[] | undefined) => Value[] {
  return (value, before = []) => [...before, parse(value)];
}

function wrongValue(option: string, expected: string, got: string): Error {
  return usageError('An option has a value that it cannot have.', {
    where: option,
    expected,
    got: JSON.stringify(got),
    remedy: `give ${option} such a value, or leave it out`,
  });
}
