import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { usageError } from '../../errors.ts';

/** Tells which files ft-lens put into a folder; undefined when it did not make the folder. */
export type OwnFiles = (folder: string) => Promise<readonly string[] | undefined>;

/** @throws FtLensError when the folder to make is one of those that are read, or inside or around one */
export async function checkApart(target: string, inputs: readonly string[]): Promise<void> {
  const real = await realTarget(target);
  for (const input of inputs) {
    const realInput = await realpath(input);
    const overlap = real === realInput || real.startsWith(realInput + sep) || realInput.startsWith(real + sep);
    if (!overlap) continue;
    throw usageError('The output folder overlaps an input folder.', {
      where: target,
      expected: 'a folder apart from every input',
      got: realInput,
      remedy: 'choose another --out',
    });
  }
}

/** The path without links, as far as its folders exist. */
async function realTarget(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(await realTarget(parent), basename(path));
  }
}

/**
 * @returns true when a folder stands there that may be replaced; false when there is nothing, or an empty folder
 * @throws FtLensError when something stands there that may not be replaced
 */
export async function checkVacant(target: string, replace: OwnFiles | undefined): Promise<boolean> {
  const entry = await lstat(target).catch(() => undefined);
  if (entry === undefined) return false;
  if (!entry.isDirectory()) {
    throw usageError('The output path is not a folder.', {
      where: target,
      got: entry.isSymbolicLink() ? 'a symbolic link' : 'a file',
      remedy: 'choose another --out',
    });
  }
  const names = await readdir(target);
  if (names.length === 0) return false;
  if (replace === undefined) {
    throw usageError('The output folder exists already.', {
      where: target,
      expected: 'no such folder, or an empty one',
      got: describeNames(names),
      remedy: 'choose another --out; --force replaces what ft-lens itself has written',
    });
  }
  const own = new Set(await replace(target));
  requireOwn(target, names, (name) => own.has(name));
  return true;
}

/** @throws FtLensError that names the files of a folder which are not ft-lens's own */
export function requireOwn(folder: string, names: readonly string[], isOwn: (name: string) => boolean): void {
  const others = names.filter((name) => !isOwn(name));
  if (others.length === 0) return;
  throw usageError('The output folder holds files that ft-lens did not write.', {
    where: folder,
    got: describeNames(others),
    remedy: 'move them away, or choose another --out',
  });
}

function describeNames(names: readonly string[]): string {
  const more = names.length > 3 ? `, and ${names.length - 3} more` : '';
  return names.slice(0, 3).join(', ') + more;
}
