import { type FileHandle, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type LockOwner, lockOwnerSchema, mayBeAlive } from './lock-owner.ts';

/** A lock that could not be had: who holds it, as far as its file tells, and that file. */
export interface HeldLock {
  readonly file: string;
  readonly owner: LockOwner | undefined;
}

const LOCK_NAME = /^lock\.([1-9]\d{0,8})$/;

/** A lock file is written in one go right after it was made: an older one that cannot be read was left by a crash. */
const WRITING_MS = 10_000;

/** Two processes that begin at the same moment may both step back; then each tries again. */
const ATTEMPTS = 5;

export function isLockName(name: string): boolean {
  return LOCK_NAME.test(name);
}

/**
 * Takes the lock of a folder: the right to write in it, for one process at a time, on any number of machines.
 *
 * Locks are files `lock.N`, made with O_EXCL, which the server of a network file system decides, too. A process makes
 * the number after the largest, then looks again, and steps back when another one has a lock that may be alive: of two
 * that come together, at least the later sees the other. Nobody ever replaces a file, so none can take away a lock that
 * is not the one it has judged; the files of dead processes are removed by whoever holds the lock.
 * @returns the path of the lock file, which is removed to give the lock back; or who holds it
 */
export async function takeLock(folder: string, self: LockOwner): Promise<string | HeldLock> {
  for (let attempt = 1; ; attempt++) {
    const before = await readLocks(folder, self);
    const holder = before.find(({ alive }) => alive);
    if (holder !== undefined) return holder;
    const own = join(folder, `lock.${Math.max(0, ...before.map(({ number }) => number)) + 1}`);
    const rival = (await writeLock(own, self)) ? await findRival(own, folder, self) : { file: own, owner: undefined };
    if (rival === undefined) return own;
    if (attempt === ATTEMPTS) return rival;
    await new Promise((resolve) => setTimeout(resolve, 20 + 200 * Math.random()));
  }
}

/** Looks for another lock that may be alive, and gives `own` back then; else removes those of dead processes. */
async function findRival(own: string, folder: string, self: LockOwner): Promise<HeldLock | undefined> {
  const others = (await readLocks(folder, self)).filter(({ file }) => file !== own);
  const rival = others.find(({ alive }) => alive);
  for (const { file } of rival === undefined ? others : [{ file: own }]) await rm(file, { force: true });
  return rival;
}

interface FoundLock extends HeldLock {
  readonly number: number;
  readonly alive: boolean;
}

async function readLocks(folder: string, self: LockOwner): Promise<FoundLock[]> {
  const found: FoundLock[] = [];
  for (const name of await readdir(folder)) {
    const number = Number(LOCK_NAME.exec(name)?.[1]);
    if (Number.isNaN(number)) continue;
    const file = join(folder, name);
    const lock = await readLock(file, self);
    if (lock !== undefined) found.push({ file, number, ...lock });
  }
  return found;
}

/** Undefined when the file is gone by now. */
async function readLock(
  file: string,
  self: LockOwner,
): Promise<{ owner: LockOwner | undefined; alive: boolean } | undefined> {
  try {
    const owner = parseOwner(await readFile(file, 'utf8'));
    if (owner !== undefined) return { owner, alive: await mayBeAlive(owner, self) };
    const age = Date.now() - (await stat(file)).mtimeMs;
    return { owner, alive: age < WRITING_MS };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseOwner(text: string): LockOwner | undefined {
  try {
    return lockOwnerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** False when the file is there already. */
async function writeLock(file: string, owner: LockOwner): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  try {
    await handle.writeFile(JSON.stringify(owner));
    return true;
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}
