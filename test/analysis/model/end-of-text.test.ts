import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readEndOfText } from '../../../src/analysis/model/end-of-text.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'ft-lens-end-of-text-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: unknown): void =>
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
const endOfText = async (): Promise<number[]> => [...(await readEndOfText(folder))];

describe('readEndOfText', () => {
  it('takes one id or several from generation_config.json', async () => {
    write('config.json', { eos_token_id: 1 });
    write('generation_config.json', { eos_token_id: 7 });
    expect(await endOfText()).toEqual([7]);
    write('generation_config.json', { eos_token_id: [307, 305] });
    expect(await endOfText()).toEqual([307, 305]);
  });

  it.each([
    ['no generation_config.json', undefined],
    ['one without it', {}],
    ['one with null', { eos_token_id: null }],
  ])('goes to config.json where there is %s', async (_, generation) => {
    if (generation !== undefined) write('generation_config.json', generation);
    write('config.json', { model_type: 'qwen3_moe', eos_token_id: [9] });
    expect(await endOfText()).toEqual([9]);
  });

  it('knows of none where neither says', async () => {
    write('config.json', { model_type: 'qwen3_moe' });
    expect(await endOfText()).toEqual([]);
  });

  it.each([
    ['a word', { eos_token_id: '</s>' }],
    ['a negative id', { eos_token_id: -1 }],
    ['a fraction', { eos_token_id: [1.5] }],
    ['lists in a list', { eos_token_id: [[1]] }],
    ['thousands of ids', { eos_token_id: Array.from({ length: 2_000 }, (_, id) => id) }],
    ['no object', []],
  ])('refuses %s, naming the file', async (_, content) => {
    write('generation_config.json', content);
    await expect(readEndOfText(folder)).rejects.toMatchObject({
      kind: 'input',
      where: expect.stringContaining('generation_config.json'),
    });
  });

  it('refuses what is no JSON', async () => {
    write('generation_config.json', '{');
    await expect(readEndOfText(folder)).rejects.toMatchObject({ kind: 'input' });
  });
});
