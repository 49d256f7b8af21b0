import { createHash } from 'node:crypto';
import { constants, open } from 'node:fs/promises';

const CHUNK_BYTES = 2 ** 22;

/**
 * SHA-256 of a file, or of a range of its bytes, in hexadecimal.
 * @param range bytes [offset, offset + bytes)
 * @param onBytes called with the bytes of each chunk; it may throw to stop
 */
export async function hashFile(
  path: string,
  range?: { readonly offset: number; readonly bytes: number },
  onBytes?: (bytes: number) => void,
): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
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
