import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { PinnedFolder } from '../../../src/export/checkpoint/pinned-folder.ts';
import { temporaryFolder } from './tiny-files.ts';

it('opens each file once, and keeps it when another takes its name', async () => {
  const directory = temporaryFolder({ 'a.json': '{"a":1}', b: 'b' });
  const folder = new PinnedFolder(directory);
  expect(await folder.readJson('a.json', 100)).toEqual({ a: 1 });
  writeFileSync(join(directory, 'new'), '{"a":2}');
  renameSync(join(directory, 'new'), join(directory, 'a.json'));
  expect(await folder.readJson('a.json', 100)).toEqual({ a: 1 });
  expect(await folder.open('missing')).toBeUndefined();
  await folder.open('b');
  expect(folder.files.map(({ name }) => name)).toEqual(['a.json', 'b']);
  await folder.close();
  expect(folder.files).toEqual([]);
});

it('refuses a file of JSON that is too large', async () => {
  const folder = new PinnedFolder(temporaryFolder({ 'a.json': '{"a":1}' }));
  await expect(folder.readJson('a.json', 6)).rejects.toMatchObject({ expected: 'at most 6 bytes', got: '7 bytes' });
  await folder.close();
});

it('notices a file that is written to while it is open', async () => {
  const directory = temporaryFolder({ a: 'a' });
  const folder = new PinnedFolder(directory);
  const file = (await folder.open('a'))!;
  expect(await file.hasChanged()).toBe(false);
  appendFileSync(join(directory, 'a'), 'b');
  expect(await file.hasChanged()).toBe(true);
  await folder.close();
});
