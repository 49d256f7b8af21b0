import type { BigIntStats } from 'node:fs';
import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { FtLensError, inputError } from './errors.ts';

/** Node reads at most 2^31 - 1 bytes at once. */
const READ_BYTES = 2 ** 30;

/**
 * One regular file, opened once: its size, header and data all come from the same descriptor, so that nothing can be
 * put in its place between a check and a read.
 */
export interface PinnedFile {
  /** Base name, as the folder has it. */
  readonly name: string;
  readonly bytes: number;
  /** When it was last changed or moved, which nobody can set: nanoseconds since 1970, as digits. */
  readonly changed: string;
  /** The open descriptor: other threads may read from it at positions of their own, as long as the file stays open. */
  readonly fd: number;
  /** Bytes [offset, offset + length); an error when the file ends before. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Fills `target` with the bytes from `offset` on. */
  readInto(target: Uint8Array, offset: number): Promise<void>;
  /** Whether its content was changed, or its time, since it was opened. */
  hasChanged(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Opens `folder`/`name`. A link may lead only to the folder itself, or, in a Hugging Face cache, to the blobs beside it.
 * @returns undefined when there is no such file
 * @throws FtLensError (input)
 */
export async function openPinnedFile(folder: string, name: string): Promise<PinnedFile | undefined> {
  const target = await realPathInside(folder, name);
  return target === undefined ? undefined : pinFile(target, name);
}

/**
 * Opens any file, wherever links lead to.
 * @param name what it is called in messages
 * @returns undefined when there is no such file
 * @throws FtLensError (input)
 */
export async function pinFile(path: string, name = path): Promise<PinnedFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    // O_NONBLOCK: opening a pipe must not wait for a writer. O_NOFOLLOW: nothing has changed since links were followed.
    handle = await open(await realpath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat({ bigint: true });
    if (stat.isFile()) return pin(handle, name, stat);
    throw inputError('This is not a regular file.', {
      where: path,
      expected: 'a file',
      got: 'a folder, pipe or device',
      remedy: 'give a file',
    });
  } catch (error) {
    await handle?.close();
    if (error instanceof FtLensError) throw error;
    if (isMissing(error)) return undefined;
    throw unopened(path, error);
  }
}

/**
 * Where `folder`/`name` really is, which must be a place that {@link openPinnedFile} may open.
 * @returns undefined when there is no such file
 * @throws FtLensError (input) when a link leads elsewhere
 */
export async function realPathInside(folder: string, name: string): Promise<string | undefined> {
  try {
    const target = await realpath(join(folder, name));
    await checkInside(target, folder, name);
    return target;
  } catch (error) {
    if (error instanceof FtLensError) throw error;
    if (isMissing(error)) return undefined;
    throw unopened(join(folder, name), error);
  }
}

function unopened(where: string, cause: unknown): FtLensError {
  const { code, message } = cause as NodeJS.ErrnoException;
  return inputError('A file could not be opened.', { where, got: code ?? message, cause });
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** All bytes of `folder`/`name`, opened as {@link openPinnedFile} does; an error when there are more than `maxBytes`. */
export async function readPinnedFile(
  folder: string,
  name: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const file = await openPinnedFile(folder, name);
  if (file === undefined) return undefined;
  try {
    return await readWhole(file, folder, maxBytes);
  } finally {
    await file.close();
  }
}

/** All bytes of a file; an error when there are more than `maxBytes`. */
export async function readWhole(file: PinnedFile, folder: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (file.bytes <= maxBytes) return file.read(0, file.bytes);
  throw inputError('A file is larger than such files ever are.', {
    where: join(folder, file.name),
    expected: `at most ${maxBytes} bytes`,
    got: `${file.bytes} bytes`,
  });
}

/** In a hub cache models--org--name/snapshots/REVISION/… are links to models--org--name/blobs/HASH. */
const HUB_SNAPSHOT = /^(.*[\\/])snapshots[\\/][^\\/]+/;

async function checkInside(target: string, folder: string, name: string): Promise<void> {
  const root = await realpath(folder);
  const cache = HUB_SNAPSHOT.exec(root)?.[1];
  const allowed = cache === undefined ? [root] : [root, join(cache, 'blobs')];
  if (allowed.some((parent) => dirname(target) === parent || target.startsWith(parent + sep))) return;
  throw inputError('A link leads out of its folder.', {
    where: join(folder, name),
    expected: `a file in ${root}`,
    got: target,
    remedy: 'put the file itself into the folder',
  });
}

function pin(handle: FileHandle, name: string, { size, mtimeNs, ctimeNs }: BigIntStats): PinnedFile {
  async function readInto(target: Uint8Array, offset: number): Promise<void> {
    let done = 0;
    while (done < target.length) {
      const length = Math.min(target.length - done, READ_BYTES);
      const { bytesRead } = await handle.read(target, done, length, offset + done);
      if (bytesRead === 0) {
        throw inputError('A file became shorter while it was read.', {
          where: name,
          expected: `${target.length} bytes at ${offset}`,
          got: `${done} bytes`,
        });
      }
      done += bytesRead;
    }
  }
  return {
    name,
    bytes: Number(size),
    changed: String(ctimeNs),
    fd: handle.fd,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      await readInto(bytes, offset);
      return bytes;
    },
    readInto,
    async hasChanged() {
      const now = await handle.stat({ bigint: true });
      return now.size !== size || now.mtimeNs !== mtimeNs;
    },
    close: () => handle.close(),
  };
}
