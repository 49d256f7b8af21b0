import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { makeFolders, removeEmptyFolders } from '../../../src/export/folder/make-folders.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const root = temporaryFolder();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'case-'));
});

it('makes what is missing, and says what', async () => {
  mkdirSync(join(folder, 'a'));
  const path = join(folder, 'a/b/c');
  expect(await makeFolders(path)).toEqual([join(folder, 'a/b'), path]);
  expect(await makeFolders(path)).toEqual([]);
});

it('leaves nothing behind when it fails', async () => {
  await expect(makeFolders(join(folder, 'a/b', 'x'.repeat(300)))).rejects.toThrow(/ENAMETOOLONG/);
  expect(readdirSync(folder)).toEqual([]);
});

it('names the part of the path that is a file', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(makeFolders(join(folder, 'file/a/b'))).rejects.toMatchObject({
    message: 'A part of this path is a file, not a folder.',
    where: expect.stringMatching(/file$/) as string,
  });
});

// mkdir's `recursive` never comes back from here.
it.runIf(existsSync('/proc/self'))('ends where nothing can be made', async () => {
  await expect(makeFolders('/proc/nothing/here')).rejects.toThrow(/ENOENT/);
});

it('takes back only what is empty', async () => {
  const made = await makeFolders(join(folder, 'a/b/c'));
  writeFileSync(join(folder, 'a/theirs'), '');
  await removeEmptyFolders(made);
  expect(readdirSync(join(folder, 'a'))).toEqual(['theirs']);
});
