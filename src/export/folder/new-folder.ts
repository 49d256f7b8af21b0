import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, open, readdir, realpath, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { usageError } from '../../errors.ts';
import { writing } from './file-system-error.ts';
import type { SourceFile } from './manifest.ts';

export interface NewFolderOptions {
  /**
   * Allows to replace a folder that ft-lens made. Tells which files it put into a folder; undefined when the folder is
   * not its own. Anything else is never replaced.
   */
  readonly replace: OwnFiles | undefined;
  /** Folders that are read meanwhile: the new one may not be one of them, nor inside or around one. */
  readonly inputs: readonly string[];
}

type OwnFiles = (folder: string) => Promise<readonly string[] | undefined>;

/**
 * A folder that appears under its name only when it is whole. Files are written to a hidden sibling, on the same file
 * system; {@link publish} renames it, {@link discard} removes it.
 */
export class NewFolder {
  /** Where to write until then. */
  readonly path: string;
  readonly #target: string;
  readonly #replace: OwnFiles | undefined;
  /** The topmost folder that had to be made above the target. */
  readonly #madeParent: string | undefined;

  private constructor(path: string, target: string, replace: OwnFiles | undefined, madeParent: string | undefined) {
    this.path = path;
    this.#target = target;
    this.#replace = replace;
    this.#madeParent = madeParent;
  }

  /** @throws FtLensError when the folder may not or cannot be made; nothing is left behind then */
  static async create(out: string, options: NewFolderOptions): Promise<NewFolder> {
    const target = resolve(out);
    await checkApart(target, options.inputs);
    await checkVacant(target, options.replace);
    return writing(target, async () => {
      const parent = dirname(target);
      const madeParent = await mkdir(parent, { recursive: true });
      const path = join(parent, `.${basename(target)}.partial-${randomBytes(6).toString('hex')}`);
      const folder = new NewFolder(path, target, options.replace, madeParent);
      try {
        // Not mkdtemp: its folders are closed to everybody else, and this one is to be the export.
        await mkdir(path);
      } catch (error) {
        await folder.#removeMadeParents();
        throw error;
      }
      return folder;
    });
  }

  /** Writes a whole file. */
  async writeFile(name: string, bytes: Uint8Array): Promise<SourceFile> {
    const path = join(this.path, name);
    await writing(path, async () => {
      const file = await open(path, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }

  /**
   * Gives the folder its name. A folder that it replaces is removed after that, and comes back if it fails.
   * @throws FtLensError when others have put something there meanwhile
   */
  async publish(): Promise<void> {
    const replaces = await checkVacant(this.#target, this.#replace);
    await writing(this.#target, async () => {
      await syncFolder(this.path);
      const old = `${this.path}.old`;
      if (replaces) await rename(this.#target, old);
      try {
        await rename(this.path, this.#target);
      } catch (error) {
        if (replaces) await rename(old, this.#target);
        throw error;
      }
      await syncFolder(dirname(this.#target));
      if (replaces) await rm(old, { recursive: true });
    });
  }

  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
    await this.#removeMadeParents();
  }

  async #removeMadeParents(): Promise<void> {
    if (this.#madeParent !== undefined) await removeEmptyFolders(dirname(this.#target), this.#madeParent);
  }
}

async function checkApart(target: string, inputs: readonly string[]): Promise<void> {
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

/** True when a folder stands there that may be replaced; false when there is nothing, or an empty folder. */
async function checkVacant(target: string, replace: OwnFiles | undefined): Promise<boolean> {
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
      got: describeNames(names),
      remedy: 'choose another --out; --force replaces what ft-lens itself has written',
    });
  }
  const own = new Set(await replace(target));
  const others = names.filter((name) => !own.has(name));
  if (others.length === 0) return true;
  throw usageError('The output folder holds files that ft-lens did not write.', {
    where: target,
    got: describeNames(others),
    remedy: 'move them away, or choose another --out',
  });
}

function describeNames(names: readonly string[]): string {
  const more = names.length > 3 ? `, and ${names.length - 3} more` : '';
  return names.slice(0, 3).join(', ') + more;
}

/** Makes renames in a folder last. Systems that cannot open folders do without. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** Removes `path` and the folders above it, up to `top`, while they are empty. */
async function removeEmptyFolders(path: string, top: string): Promise<void> {
  for (let folder = path; folder.startsWith(top); folder = dirname(folder)) {
    const removed = await rmdir(folder).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
