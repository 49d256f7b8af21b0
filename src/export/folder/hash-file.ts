import { createHash } from 'node:crypto';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { inputError } from '../../errors.ts';

const CHUNK_BYTES = 2 ** 22;

/**
 * SHA-256 of a file, or of a range of its bytes, in hexadecimal.
 * @param range bytes [offset, offset + bytes)
 * @param onBytes called with the bytes of each chunk; it may throw to stop
 * @throws FtLensError (input) when the file cannot be opened
 */
export async function hashFile(
  path: string,
  range?: { readonly offset: number; readonly bytes: number },
  onBytes?: (bytes: number) => void,
): Promise<string> {
  const file = await openToRead(path);
  try {
    const hash = createHash('sha256');
    const buffer = new Uint8Array(CHUNK_BYTES);
    let position = range?.offset ?? 0;
    const end = range === undefined ? Infinity : range.offset + range.bytes;
    while (position < end) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(CHUNK_BYTES, end - position), position);
      if (bytesRead === 0) break;
      hash.update(buffer.subarray(0, bytesRead));
      position += bytesRead;
      onBytes?.(bytesRead);
    }
    return hash.digest('hex');
  } finally {
    await file.close();
  }
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    // O_NONBLOCK: opening a pipe must not wait for a writer.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    throw inputError('A file could not be opened.', { where: path, got: code ?? message, cause });
  }
}
