import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { Pace } from './pace.ts';

export interface HashTask {
  readonly files: readonly { readonly fd: number; readonly bytes: number }[];
  /** Cells of a {@link Pace} over the bytes of all files. */
  readonly pace: Int32Array;
}

const CHUNK_BYTES = 2 ** 22;

/**
 * SHA-256 of files, one after the other, in hexadecimal.
 * @returns undefined for a file that has become shorter; fewer hashes than files when the pace says stop
 */
export default function hashHere({ files, pace: cells }: HashTask): (string | undefined)[] {
  const pace = new Pace(cells);
  const buffer = new Uint8Array(CHUNK_BYTES);
  const hashes: (string | undefined)[] = [];
  let before = 0;
  for (const { fd, bytes } of files) {
    const hash = createHash('sha256');
    let position = 0;
    while (position < bytes) {
      if (!pace.waitAt(before + position)) return hashes;
      const read = readSync(fd, buffer, 0, Math.min(CHUNK_BYTES, bytes - position), position);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      position += read;
    }
    hashes.push(position === bytes ? hash.digest('hex') : undefined);
    before += bytes;
  }
  return hashes;
}
