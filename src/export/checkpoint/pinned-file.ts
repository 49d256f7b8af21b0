import { constants, type FileHandle, open, realpath } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { FtLensError, inputError } from '../../errors.ts';

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
  /** Bytes [offset, offset + length); an error when the file ends before. */
  read(offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
  close(): Promise<void>;
}

/**
 * Opens `folder`/`name`. A link may lead only to the folder itself, or, in a Hugging Face cache, to the blobs beside it.
 * @returns undefined when there is no such file
 * @throws FtLensError (input)
 */
export async function openPinnedFile(folder: string, name: string): Promise<PinnedFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    const target = await realpath(join(folder, name));
    await checkInside(target, folder, name);
    // O_NONBLOCK: opening a pipe must not wait for a writer.
    handle = await open(target, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) {
      throw inputError('This is not a regular file.', { where: join(folder, name), expected: 'a file' });
    }
    return pin(handle, name, stat.size);
  } catch (error) {
    await handle?.close();
    if (error instanceof FtLensError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw inputError('A file could not be opened.', { where: join(folder, name), got: code ?? message, cause: error });
  }
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
    if (file.bytes <= maxBytes) return await file.read(0, file.bytes);
    throw inputError('A file is larger than such files ever are.', {
      where: join(folder, name),
      expected: `at most ${maxBytes} bytes`,
      got: `${file.bytes} bytes`,
    });
  } finally {
    await file.close();
  }
}

async function checkInside(target: string, folder: string, name: string): Promise<void> {
  const root = await realpath(folder);
  const allowed = [root];
  // models--org--name/snapshots/REVISION/file is a link to models--org--name/blobs/HASH.
  if (basename(dirname(root)) === 'snapshots') allowed.push(join(dirname(dirname(root)), 'blobs'));
  if (allowed.some((parent) => dirname(target) === parent || target.startsWith(parent + sep))) return;
  throw inputError('A link leads out of its folder.', {
    where: join(folder, name),
    expected: `a file in ${root}`,
    got: target,
    remedy: 'Put the file itself into the folder.',
  });
}

function pin(handle: FileHandle, name: string, bytes: number): PinnedFile {
  return {
    name,
    bytes,
    async read(offset, length) {
      const buffer = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(buffer, done, Math.min(length - done, READ_BYTES), offset + done);
        if (bytesRead === 0) {
          throw inputError('A file became shorter while it was read.', {
            where: name,
            expected: `${length} bytes at ${offset}`,
            got: `${done} bytes`,
          });
        }
        done += bytesRead;
      }
      return buffer;
    },
    close: () => handle.close(),
  };
}
