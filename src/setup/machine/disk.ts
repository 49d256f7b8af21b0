import { statfs } from 'node:fs/promises';

/** Bytes that a user may still fill on the file system of a folder. */
export async function freeBytes(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
