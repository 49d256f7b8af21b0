import { lstat, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { dataFileNames, fileOfPart, type Part, PARTS } from './data-file-names.ts';
import type { StoredTensor } from './tensor-store.ts';

/**
 * Leaves nothing in a folder but the files of the parts, under the names that they had before a store was finished.
 * @param written what an earlier run has put there
 */
export async function restoreParts(folder: string, written: readonly StoredTensor[]): Promise<void> {
  const sharedFiles = new Set(written.flatMap(({ sharedFile }) => sharedFile ?? []));
  const parts = PARTS.filter((wanted) => written.some(({ part, sharedFile }) => part === wanted && !sharedFile));
  const present = new Set(await readdir(folder));
  for (const [part, name] of dataFileNames([...sharedFiles], parts).own) {
    if (present.has(fileOfPart(part)) || !present.has(name)) continue;
    await rename(join(folder, name), join(folder, fileOfPart(part)));
  }
  for (const name of await readdir(folder)) {
    if (await isPartOfItsOwn(folder, name)) continue;
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Removes the files of some parts. */
export async function removeParts(folder: string, condition: (part: Part) => boolean): Promise<void> {
  for (const part of PARTS.filter(condition)) await rm(join(folder, fileOfPart(part)), { force: true });
}

/**
 * A file with a second link is the other export's: a journal that has lost its end can give it the name of a part, and
 * what is written into it would be written there.
 */
async function isPartOfItsOwn(folder: string, name: string): Promise<boolean> {
  return PARTS.some((part) => name === fileOfPart(part)) && (await lstat(join(folder, name))).nlink === 1;
}
