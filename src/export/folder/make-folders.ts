import { mkdir, rmdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { inputError } from '../../errors.ts';

/**
 * Makes a folder and those above it that are missing. (Not by mkdir's `recursive`: Node 20 never returns from it where
 * nothing can be made below a folder that exists, as in /proc.)
 * @returns the folders that were made, topmost first; none of them is left when it fails
 */
export async function makeFolders(path: string): Promise<string[]> {
  const made: string[] = [];
  try {
    for (const folder of await missingFolders(path)) {
      if (await makeFolder(folder)) made.push(folder);
    }
    return made;
  } catch (error) {
    await removeEmptyFolders(made);
    throw error;
  }
}

/** Removes folders, the last first, until one is not empty. */
export async function removeEmptyFolders(folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}

/** False when others have made it meanwhile. */
async function makeFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** `path` and the folders above it that do not exist, topmost first. */
async function missingFolders(path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    const entry = await stat(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
      throw error;
    });
    if (entry?.isDirectory()) return missing.reverse();
    if (entry !== undefined) {
      throw inputError('A part of this path is a file, not a folder.', {
        where: folder,
        remedy: 'choose another place',
      });
    }
    missing.push(folder);
  }
}
