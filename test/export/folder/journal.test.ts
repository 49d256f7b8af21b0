import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { differingKey, Journal, parseJournal } from '../../../src/export/folder/journal.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const root = temporaryFolder();
const identity = { version: '1', checkpoint: [{ name: 'a', bytes: 3 }] };
const entries = [{ sum: 0.1 + 0.2 }, { text: 'zwei\n — 二' }, { sum: 5e-324 }];
let path: string;

beforeEach(async () => {
  path = join(await mkdtemp(join(root, 'case-')), 'journal.jsonl');
  const journal = await Journal.create(path, identity);
  for (const entry of entries) await journal.append(entry);
  await journal.close();
});

describe('a journal', () => {
  it('gives back what was written, to the last bit of a number', async () => {
    expect(await Journal.read(path)).toMatchObject({ identity, entries });
  });

  it('counts up to a line that was cut off, at whatever byte', async () => {
    const bytes = readFileSync(path);
    const { ends } = parseJournal(bytes)!;
    for (let length = 0; length <= bytes.length; length++) {
      const left = parseJournal(bytes.subarray(0, length));
      const whole = ends.filter((end) => end <= length).length;
      if (whole === 0) expect(left).toBeUndefined();
      else expect(left).toMatchObject({ identity, entries: entries.slice(0, whole - 1) });
    }
  });

  it('counts up to a byte that was changed, and no further', () => {
    const bytes = readFileSync(path);
    const { ends } = parseJournal(bytes)!;
    for (let at = 0; at < bytes.length; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = changed[at]! ^ 1;
      const whole = ends.filter((end) => end <= at).length;
      expect(parseJournal(changed)?.entries.length ?? -1, `byte ${at}`).toBe(whole - 1);
    }
  });

  it('goes on after a torn line', async () => {
    appendFileSync(path, '0123456789abcdef {"sum":');
    const left = (await Journal.read(path))!;
    const journal = await Journal.resume(path, left, 2);
    await journal.append({ sum: 4 });
    await journal.close();
    expect((await Journal.read(path))?.entries).toEqual([entries[0], entries[1], { sum: 4 }]);
  });

  it('is none when it is missing or foreign', async () => {
    expect(await Journal.read(`${path}.other`)).toBeUndefined();
    writeFileSync(path, 'something else\n');
    expect(await Journal.read(path)).toBeUndefined();
  });
});

describe('the identity of a journal', () => {
  it.each([
    [identity, undefined],
    [{ ...identity, adapter: undefined }, undefined],
    [{ ...identity, version: '2' }, 'version'],
    [{ ...identity, adapter: 'one' }, 'adapter'],
    [{ ...identity, checkpoint: [{ name: 'a', bytes: 4 }] }, 'checkpoint'],
  ])('is compared key by key: %j', (other, key) => {
    expect(differingKey(identity, other)).toBe(key);
    expect(differingKey(other, identity)).toBe(key);
  });
});
