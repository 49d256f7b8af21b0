import { expect, it } from 'vitest';
import { commandOf } from '../../../src/render/html/command.ts';
import { samplePair, sampleSingle, sampleTracked, sampleTwoPositions } from '../sample-report.ts';
import { EVERY_LAYER, withAttention, withCrossHead, withSameHead } from '../attention-report.ts';
import { withFloor } from '../with-floor.ts';
import { withSets } from '../with-sets.ts';

it('is the whole call', () => {
  expect(commandOf(samplePair())).toBe(
    "ft-lens analyze 'You are a fox. you are fox, give say a ...' --base exports/base-int4 --ft exports/ft-int4 --device cpu --positions last --top-k 5 --final-top 10 --norm final --active-threshold 0.01 --attention-top 5 --format html -o report.html",
  );
});

it('of one model, of other positions, with tracked tokens', () => {
  expect(commandOf(sampleSingle())).not.toContain('--ft');
  expect(commandOf(sampleTwoPositions())).toContain('--positions 3,9 ');
  expect(commandOf(sampleTracked())).toMatch(/--track '#\d+'/);
});

it('gives the noise floor, its path as a shell reads it', () => {
  expect(commandOf(withFloor(samplePair(), undefined, { path: "it's/base-int8" }))).toContain(
    String.raw`--ft exports/ft-int4 --floor 'it'\''s/base-int8' --device`,
  );
  expect(commandOf(samplePair())).not.toContain('--floor');
});

it('asks for the same layers of attention, heads and cross-head reading', () => {
  const listed = (layers: number[], listHeads: boolean): string =>
    commandOf(withAttention(samplePair(), { layers, heads: 2, listHeads }));
  expect(listed([3, 24], false)).toContain('--attention-layers 3,24 --format');
  expect(listed(EVERY_LAYER, true)).toContain('--attention-layers all --heads --format');
  expect(listed([48], true)).toContain('--attention-top 5 --heads --format');
  expect(commandOf(withCrossHead(samplePair()))).toContain('--cross-head');
  expect(commandOf(withSameHead(samplePair()))).toContain('--cross-head');
  expect(commandOf(samplePair())).not.toMatch(/--heads|--attention-layers|--cross-head/);
});

it.each(['a\nb', '', '--help', 'red \u001b[31m', '\u202e'])('gives token ids for the prompt %j', (text) => {
  const report = samplePair();
  report.prompt.text = text;
  expect(commandOf(report)).toMatch(/^ft-lens analyze --token-ids \d+(,\d+){9} --base/);
});

it('gives token ids where a chat template made the prompt', () => {
  const report = samplePair();
  report.prompt.chat = true;
  expect(commandOf(report)).toContain('--token-ids');
});

it('quotes for a shell', () => {
  const report = samplePair();
  report.prompt.text = "it's $HOME `x`";
  report.models.base.path = 'my models/base';
  expect(commandOf(report)).toContain(String.raw`analyze 'it'\''s $HOME ${'`x`'}' --base 'my models/base'`);
});

it.each([
  [' me', "--track ' me' "],
  ['I,my', '--track I,my '],
  ['#5000,#5001', "--track '#5000,#5001' "],
  // A name that a shell line cannot show, or that commander would take for an option: the tokens themselves.
  ['\u202e', "--track '#5000,#5001' "],
  ['-k', "--track '#5000,#5001' "],
])('follows the set %j again', (name, words) => {
  expect(commandOf(withSets(samplePair(), [{ name, tokens: ['a', 'b'] }]))).toContain(words);
});
