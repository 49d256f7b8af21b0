import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { built } from '../helpers/built.ts';
import { tokenizerOf, type TokenizerTexts } from '../helpers/tokenizer.ts';

const { loadTokenizer, loadTokenizers } = await built<typeof import('../../src/analysis/tokenizer/load-tokenizer.ts')>(
  'analysis/tokenizer/load-tokenizer.js',
);
const { TokenizerThread } = await built<typeof import('../../src/analysis/tokenizer/thread/tokenizer-thread.ts')>(
  'analysis/tokenizer/thread/tokenizer-thread.js',
);

const FIXTURE = join(import.meta.dirname, '../fixtures/tiny-v5');
const tokenizerJson = readFileSync(join(FIXTURE, 'tokenizer.json'), 'utf8');
const SHORT_MS = 500;

const folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('loadTokenizer', () => {
  test('encodes, finds tokens, and names ids', async () => {
    const tokenizer = await loadTokenizer(FIXTURE);
    const ids = await tokenizer.encode('You are a fox.');
    expect(ids.map((id) => tokenizer.tokenText(id))).toEqual(['You', ' are', ' a', ' fox', '.']);
    // The thread answers one question after the other, whoever asks.
    const texts = [' fox', 'You', 'xyz'];
    expect(await Promise.all(texts.map((text) => tokenizer.encode(text)))).toEqual([[259], [275], [87, 88, 89]]);
    expect(tokenizer.tokenText(315)).toBe('[unused 315]');
    expect(tokenizer.idsOfText(' fox')).toEqual([259]);
    await tokenizer.close();
    expect(tokenizer.tokenText(259)).toBe(' fox');
    // A thread that started now would keep the process alive for ever.
    await expect(tokenizer.encode(' fox')).rejects.toThrow('the tokenizer has been closed');
  });

  test('starts its thread when a text comes, or before when one is sure to come', async () => {
    const threads = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Worker').length;
    const [lazy, early] = [await loadTokenizer(FIXTURE), await loadTokenizer(FIXTURE, { forText: true })];
    for (const tokenizer of [lazy, early]) {
      expect(tokenizer.tokenText(259)).toBe(' fox');
      expect(await tokenizer.encode(' fox')).toEqual([259]);
      await tokenizer.close();
      await tokenizer.close();
    }
    expect(threads()).toBe(0);
  });

  test('tells what is wrong with a part that no text has needed', async () => {
    const damaged = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
    const json = JSON.parse(tokenizerJson);
    json.model.merges.push(['x', 'nothing']);
    writeFileSync(join(damaged, 'tokenizer.json'), JSON.stringify(json));
    const tokenizer = await loadTokenizer(damaged);
    expect(await tokenizer.encode(' fox')).toEqual([259]);
    await expect(tokenizer.check()).rejects.toMatchObject({ kind: 'input', got: expect.stringContaining('nothing') });
    await tokenizer.close();
    rmSync(damaged, { recursive: true });
  });

  test('is shared by folders with the same files', async () => {
    const other = join(import.meta.dirname, '../fixtures/tiny-tied');
    const [first, second, third] = await loadTokenizers([FIXTURE, FIXTURE, other]);
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    for (const tokenizer of [first, third]) await tokenizer?.close();
  });

  test('fails when one of several folders cannot be read, and leaves no thread behind', async () => {
    const damaged = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
    writeFileSync(join(damaged, 'tokenizer.json'), '{}');
    await expect(loadTokenizers([FIXTURE, damaged])).rejects.toMatchObject({ kind: 'input' });
    rmSync(damaged, { recursive: true });
  });

  test('a folder without a tokenizer knows ids only', async () => {
    const tokenizer = await loadTokenizer(folder);
    expect([tokenizer.tokenText(5), tokenizer.idsOfText('#5'), tokenizer.vocabulary]).toEqual(['#5', [], undefined]);
    await expect(tokenizer.encode('fox')).rejects.toMatchObject({ kind: 'input', expected: 'tokenizer.json' });
  });
});

describe('what comes with a model and does not end is ended', () => {
  const threadOf = (changes: Partial<TokenizerTexts>): InstanceType<typeof TokenizerThread> =>
    new TokenizerThread(tokenizerOf({ tokenizer: tokenizerJson, ...changes }).sources);

  test('a pattern of the tokenizer', async () => {
    const json = JSON.parse(tokenizerJson);
    json.pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
    const thread = threadOf({ tokenizer: JSON.stringify(json) });
    const question = { text: `${'a'.repeat(40)}!`, addSpecialTokens: true };
    await expect(thread.ask('encode', question, SHORT_MS)).rejects.toMatchObject({
      kind: 'input',
      message: 'Tokenizing the prompt did not end within its time limit.',
    });
    // Nobody is left to answer: the next question fails at once, in the same way.
    await expect(thread.ask('encode', { text: 'fox', addSpecialTokens: true }, 600_000)).rejects.toMatchObject({
      message: 'Tokenizing the prompt did not end within its time limit.',
    });
  });

  test('a loop of the chat template', async () => {
    const loop = '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}';
    const thread = threadOf({ chatTemplate: loop });
    await expect(thread.ask('chat', { user: 'fox' }, SHORT_MS)).rejects.toMatchObject({
      kind: 'input',
      message: 'The chat template did not end within its time limit.',
    });
  });

  test('a text that grows without end', async () => {
    const doubling = `{% set ns = namespace(s='x') %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}`;
    const thread = threadOf({ chatTemplate: doubling });
    await expect(thread.ask('chat', { user: 'fox' }, 10_000)).rejects.toMatchObject({ kind: 'input' });
    await thread.end();
  });

  test('a tokenizer that is damaged is an input error with its file', async () => {
    writeFileSync(join(folder, 'tokenizer.json'), '{}');
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ kind: 'input', where: join(folder, 'tokenizer.json') });
  });
});

describe.runIf(process.platform === 'linux')('a thread that is ended before it has begun', () => {
  test('leaves no file open', { timeout: 60_000 }, async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const { sources } = tokenizerOf({ tokenizer: tokenizerJson });
    const before = open();
    for (let i = 0; i < 60; i++) {
      const thread = new TokenizerThread(sources);
      await new Promise((resolve) => setTimeout(resolve, i));
      await thread.end();
    }
    await expect.poll(open, { timeout: 2_000 }).toBeLessThanOrEqual(before);
  });
});
