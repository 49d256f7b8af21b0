import { rmSync } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { usageError } from '../../errors.ts';
import { writing } from '../../file-system-error.ts';
import { requireOwn } from './check-target.ts';
import { type HeldLock, isLockName, takeLock } from './lock.ts';
import { thisProcess } from './lock-owner.ts';

/** The new folder, while it is written. */
const NEW = 'unfinished';
/** What a run leaves for the next one to go on with. */
const JOURNAL = 'journal.jsonl';
/** The folder that the new one is to replace, while they change places. */
const REPLACED = 'replaced';
/** What was replaced and is being removed. */
const REMOVED = /^removed-\d+$/;

/**
 * The folder `OUT.partial` beside a folder OUT that is being made: the new folder until it gets its name, what is needed
 * to go on after a crash, and a lock, so that one process works in it at a time.
 */
export class PartialFolder {
  readonly path: string;
  /** The new folder; its parent exists. */
  readonly contents: string;
  readonly journal: string;
  readonly #target: string;
  readonly #lock: string;
  /** A process that ends in the middle of its work, by an interruption, leaves no lock to be judged. */
  readonly #unlock = (): void => rmSync(this.#lock, { force: true });

  private constructor(target: string, path: string, lock: string) {
    this.path = path;
    this.contents = join(path, NEW);
    this.journal = join(path, JOURNAL);
    this.#target = target;
    this.#lock = lock;
    process.once('exit', this.#unlock);
  }

  /**
   * Takes the folder for this process, and puts right what a crash has left half done.
   * @throws FtLensError when another process works in it, or it holds files of somebody else
   */
  static async open(target: string): Promise<PartialFolder> {
    const path = `${target}.partial`;
    const lock = await writing(path, () => lockFolder(path)).catch(async (error: unknown) => {
      await rmdir(path).catch(() => undefined);
      throw error;
    });
    const partial = new PartialFolder(target, path, lock);
    try {
      await writing(path, () => partial.#recover());
      return partial;
    } catch (error) {
      await partial.release();
      throw error;
    }
  }

  /**
   * Gives the new folder its name. What it replaces is removed later, by {@link clean}, and comes back if this fails.
   */
  async publish(replaces: boolean): Promise<void> {
    const replaced = join(this.path, REPLACED);
    await syncFolder(this.contents);
    if (replaces) await rename(this.#target, replaced);
    try {
      await rename(this.contents, this.#target);
    } catch (error) {
      if (replaces) await rename(replaced, this.#target);
      throw error;
    }
    await syncFolder(dirname(this.#target));
    if (replaces) await rename(replaced, this.#nameForRemoval());
  }

  /** Removes all but the lock. */
  async clean(): Promise<void> {
    const names = (await readdir(this.path)).filter((name) => !isLockName(name));
    for (const name of names) await rm(join(this.path, name), { recursive: true, force: true });
  }

  /** Gives the lock back. The folder is removed with it when nothing else is in it. */
  async release(): Promise<void> {
    process.off('exit', this.#unlock);
    await rm(this.#lock, { force: true });
    await rmdir(this.path).catch(() => undefined);
  }

  async #recover(): Promise<void> {
    const names = await readdir(this.path);
    if (names.includes(REPLACED)) {
      const replaced = join(this.path, REPLACED);
      await rename(replaced, (await exists(this.#target)) ? this.#nameForRemoval() : this.#target);
    }
    // A journal tells of the contents: alone it only means that these are finished.
    if (!names.includes(NEW)) await rm(this.journal, { force: true });
  }

  #nameForRemoval(): string {
    return join(this.path, `removed-${Date.now()}`);
  }
}

function isOwnName(name: string): boolean {
  return [NEW, JOURNAL, REPLACED].includes(name) || isLockName(name) || REMOVED.test(name);
}

/** Makes the folder unless it is there, and takes its lock. */
async function lockFolder(path: string): Promise<string> {
  for (;;) {
    await mkdir(path).catch(ignore('EEXIST'));
    // Another process that has just finished may take the folder away at any moment.
    const lock = await lockExisting(path).catch(ignore('ENOENT'));
    if (lock !== undefined) return lock;
  }
}

async function lockExisting(path: string): Promise<string> {
  if (!(await lstat(path)).isDirectory()) throw notAFolder(path);
  requireOwn(path, await readdir(path), isOwnName);
  const lock = await takeLock(path, await thisProcess());
  if (typeof lock === 'string') return lock;
  throw inUse(path, lock);
}

function notAFolder(path: string): Error {
  return usageError('A file stands where the unfinished export has to be.', {
    where: path,
    expected: 'a folder, or nothing',
    remedy: 'move it away, or choose another --out',
  });
}

function inUse(path: string, { owner, file }: HeldLock): Error {
  return usageError('Another process is writing this folder.', {
    where: path,
    got: owner ? `process ${owner.pid} on ${owner.host}, since ${owner.since}` : 'one that has just begun',
    remedy: `wait until it is done, or choose another --out; if it runs no more, remove ${file}`,
  });
}

/** Makes nothing of an error with this code, and throws every other. */
function ignore(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Makes renames in a folder last. Systems that cannot open folders do without. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
