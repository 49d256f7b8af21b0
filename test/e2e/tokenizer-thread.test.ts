import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { built } from '../helpers/built.ts';

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
    expect(await Promise.all([' fox', '#259', 'You'].map((text) => tokenizer.find(text)))).toEqual([259, 259, 275]);
    expect(tokenizer.tokenText(315)).toBe('[unused 315]');
    await expect(tokenizer.find('xyz')).rejects.toMatchObject({ kind: 'usage', got: '"x" #87 "y" #88 "z" #89' });
    await tokenizer.close();
    expect(tokenizer.tokenText(259)).toBe(' fox');
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
    expect([tokenizer.tokenText(5), await tokenizer.find('#5'), tokenizer.fingerprint]).toEqual(['#5', 5, undefined]);
    await expect(tokenizer.encode('fox')).rejects.toMatchObject({ kind: 'input', expected: 'tokenizer.json' });
    await expect(tokenizer.find('fox')).rejects.toMatchObject({ kind: 'input' });
  });
});

describe('what comes with a model and does not end is ended', () => {
  const loaded = async (changes: object): Promise<InstanceType<typeof TokenizerThread>> => {
    const thread = new TokenizerThread(folder);
    const sources = { folder, tokenizer: tokenizerJson, config: undefined, chatTemplate: undefined, ...changes };
    await thread.ask('load', sources, 10_000);
    return thread;
  };

  test('a pattern of the tokenizer', async () => {
    const json = JSON.parse(tokenizerJson);
    json.pre_tokenizer = { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false };
    const thread = await loaded({ tokenizer: JSON.stringify(json) });
    const question = { text: `${'a'.repeat(40)}!`, addSpecialTokens: true };
    await expect(thread.ask('encode', question, SHORT_MS)).rejects.toMatchObject({
      kind: 'input',
      message: 'Tokenizing the prompt did not end within its time limit.',
    });
  });

  test('a loop of the chat template', async () => {
    const loop = '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}';
    const thread = await loaded({ chatTemplate: loop });
    await expect(thread.ask('chat', { user: 'fox' }, SHORT_MS)).rejects.toMatchObject({
      kind: 'input',
      message: 'The chat template did not end within its time limit.',
    });
  });

  test('a text that grows without end', async () => {
    const doubling = `{% set ns = namespace(s='x') %}{% for i in range(40) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}`;
    const thread = await loaded({ chatTemplate: doubling });
    await expect(thread.ask('chat', { user: 'fox' }, 10_000)).rejects.toMatchObject({ kind: 'input' });
    await thread.end();
  });

  test('a tokenizer that is damaged is an input error with its file', async () => {
    writeFileSync(join(folder, 'tokenizer.json'), '{}');
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ kind: 'input', where: join(folder, 'tokenizer.json') });
  });
});
