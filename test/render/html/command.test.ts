import { expect, it } from 'vitest';
import { commandOf } from '../../../src/render/html/command.ts';
import { samplePair, sampleSingle, sampleTracked, sampleTwoPositions } from '../sample-report.ts';

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
