import { statfs } from 'node:fs/promises';
import { runtimeError } from '../../errors.ts';

/** What a file system tells of itself, in blocks; see statfs(2). */
export interface FileSystemSpace {
  readonly blocks: number;
  /** Blocks that this user may still fill. */
  readonly bavail: number;
  readonly bsize: number;
}

/**
 * Refuses to begin what cannot end: a full disk should be known before hours of work, not after.
 * @param folder where the bytes are to be written; it exists
 * @param bytes that will be added at most
 * @throws FtLensError (runtime) that names both numbers
 */
export async function requireSpace(
  folder: string,
  bytes: number,
  read: (path: string) => Promise<FileSystemSpace> = statfs,
): Promise<void> {
  const free = await freeBytes(folder, read);
  if (free === undefined || free >= bytes) return;
  throw runtimeError('There is not enough room on the disk.', {
    where: folder,
    expected: `${inWords(bytes)} free`,
    got: `${inWords(free)} free`,
    remedy: `free ${inWords(bytes - free)} there, or choose a place on another disk`,
  });
}

/**
 * Bytes that this user may still fill on the file system of a folder; undefined where it does not tell, as some that
 * are reached over a network.
 */
export async function freeBytes(
  folder: string,
  read: (path: string) => Promise<FileSystemSpace> = statfs,
): Promise<number | undefined> {
  const space = await read(folder).catch(() => undefined);
  return space === undefined || space.blocks === 0 ? undefined : space.bavail * space.bsize;
}

function inWords(bytes: number): string {
  return `${bytes.toLocaleString('en-US')} bytes`;
}
