import { createHash } from 'node:crypto';
import { inputError } from '../../errors.ts';
import { pinFile, type PinnedFile } from '../../pinned-file.ts';

const CHUNK_BYTES = 2 ** 22;

/** Bytes [offset, offset + bytes) of a file. */
interface Range {
  readonly offset: number;
  readonly bytes: number;
}

/**
 * SHA-256 of a file, or of a range of its bytes, in hexadecimal.
 * @param onBytes called with the bytes of each chunk; it may throw to stop
 * @throws FtLensError (input) when the file cannot be opened
 */
export async function hashFile(path: string, range?: Range, onBytes?: (bytes: number) => void): Promise<string> {
  const file = await pinFile(path);
  if (file === undefined) throw inputError('A file was not found.', { where: path, got: 'no such file' });
  try {
    return await hashPinnedFile(file, range, onBytes);
  } finally {
    await file.close();
  }
}

/** As {@link hashFile}, of a file that is open already. */
export async function hashPinnedFile(
  file: PinnedFile,
  { offset, bytes }: Range = { offset: 0, bytes: file.bytes },
  onBytes?: (bytes: number) => void,
): Promise<string> {
  const hash = createHash('sha256');
  for (let done = 0; done < bytes; done += CHUNK_BYTES) {
    const chunk = await file.read(offset + done, Math.min(CHUNK_BYTES, bytes - done));
    hash.update(chunk);
    onBytes?.(chunk.length);
  }
  return hash.digest('hex');
}
