import { lstat, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runtimeError, usageError } from '../../errors.ts';
import { type HeldLock, takeLock } from '../../export/folder/lock.ts';
import { thisProcess } from '../../export/folder/lock-owner.ts';
import { makeFolders, removeEmptyFolders } from '../../export/folder/make-folders.ts';
import { writing } from '../../file-system-error.ts';
import { CUDA_MANIFEST_FILE, readCudaManifest } from './manifest.ts';

/**
 * A CUDA folder in the making. It stands beside its final place as `NAME.partial`, for one process at a time: `files`
 * becomes the folder by one rename, `wheels` keeps what was fetched for another run.
 */
export class CudaBuild {
  readonly files: string;
  readonly wheels: string;
  readonly #target: string;
  readonly #partial: string;
  /** the file that keeps other processes away */
  readonly #lock: string;
  /** folders that had to be made, the partial one among them unless an earlier run has left it */
  readonly #made: readonly string[];

  private constructor(target: string, lock: string, made: readonly string[]) {
    this.#target = target;
    ({ partial: this.#partial, files: this.files, wheels: this.wheels } = placesOf(target));
    this.#lock = lock;
    this.#made = made;
  }

  /** @throws FtLensError when the folder cannot be made, is somebody else's, or another process is at it */
  static async start(target: string): Promise<CudaBuild> {
    await requireReplaceable(target);
    const { partial } = placesOf(target);
    const made = await writing(target, () => makeFolders(partial));
    let build: CudaBuild | undefined;
    try {
      const lock = await writing(target, async () => takeLock(partial, await thisProcess()));
      if (typeof lock !== 'string') throw inUse(lock);
      build = new CudaBuild(target, lock, made);
      await build.#makeFolders();
      return build;
    } catch (error) {
      await (build?.end() ?? removeEmptyFolders(made));
      throw error;
    }
  }

  /** Gives the finished files their place. An older folder of ft-lens makes room for them, and comes back on failure. */
  async publish(): Promise<void> {
    const replaces = await requireReplaceable(this.#target);
    const old = join(this.#partial, 'old');
    await writing(this.#target, async () => {
      await rm(old, { recursive: true, force: true });
      if (replaces) await rename(this.#target, old);
      try {
        await rename(this.files, this.#target);
      } catch (error) {
        if (replaces) await rename(old, this.#target);
        throw error;
      }
    });
    for (const folder of [old, this.wheels]) await rm(folder, { recursive: true, force: true });
  }

  /** Ends the work, finished or not. Only wheels that were fetched stay, and a finished folder. */
  async end(): Promise<void> {
    await rm(this.files, { recursive: true, force: true });
    // Not empty when something was fetched.
    await rmdir(this.wheels).catch(() => undefined);
    await rm(this.#lock, { force: true });
    await rmdir(this.#partial).catch(() => undefined);
    await removeEmptyFolders(this.#made.filter((folder) => folder !== this.#partial));
  }

  async #makeFolders(): Promise<void> {
    await writing(this.#partial, async () => {
      await rm(this.files, { recursive: true, force: true });
      await mkdir(this.files);
      await mkdir(this.wheels, { recursive: true });
    });
  }
}

function inUse({ owner, file }: HeldLock): Error {
  return runtimeError('Another process sets up the CUDA libraries.', {
    where: file,
    got: owner ? `process ${owner.pid} on ${owner.host}, since ${owner.since}` : 'one that has just begun',
    remedy: `wait until it is done; if it runs no more, remove ${file}`,
  });
}

/**
 * Bytes of wheels that an earlier run has fetched and could not finish.
 * @param wanted of these files only; of all by default
 */
export async function keptBytes(target: string, wanted: (name: string) => boolean = () => true): Promise<number> {
  const { wheels } = placesOf(target);
  const names = (await readdir(wheels).catch(() => [])).filter(wanted);
  // Another process may be done with one of them at this moment.
  const files = await Promise.all(names.map((name) => stat(join(wheels, name)).catch(() => undefined)));
  return files.reduce((sum, file) => sum + (file?.size ?? 0), 0);
}

function placesOf(target: string) {
  const partial = `${target}.partial`;
  return { partial, files: join(partial, 'files'), wheels: join(partial, 'wheels') };
}

/** True when a folder stands there that ft-lens made; false when there is nothing, or an empty folder. */
async function requireReplaceable(target: string): Promise<boolean> {
  const status = await lstat(target).catch(() => undefined);
  if (status === undefined) return false;
  const names = status.isDirectory() ? await readdir(target) : [];
  if (status.isDirectory() && names.length === 0) return false;
  if (names.includes(CUDA_MANIFEST_FILE) && (await readCudaManifest(target).catch(() => undefined)) !== undefined)
    return true;
  throw usageError('The folder of the CUDA libraries holds something else.', {
    where: target,
    expected: 'no such folder, an empty one, or one that ft-lens setup cuda has made',
    got: status.isDirectory() ? names.slice(0, 3).join(', ') : 'a file or a link',
    remedy: 'choose another place: --dir DIR, or remove what is there',
  });
}
