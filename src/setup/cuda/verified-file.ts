import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { writing } from '../../file-system-error.ts';

/** What a file was found to hold. */
export interface Content {
  readonly bytes: number;
  readonly sha256: string;
}

/** A file that grows and is hashed on the way. */
export class GrowingFile {
  readonly path: string;
  readonly #file: FileHandle;
  #hash: Hash = createHash('sha256');
  #bytes = 0;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Creates the file, or goes on with what an earlier run left of it. */
  static async open(path: string): Promise<GrowingFile> {
    const file = await writing(path, () => open(path, 'a+'));
    const growing = new GrowingFile(path, file);
    try {
      for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) growing.#count(chunk as Buffer);
    } catch (error) {
      await file.close();
      throw error;
    }
    return growing;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async append(chunk: Uint8Array): Promise<void> {
    await writing(this.path, () => this.#file.appendFile(chunk));
    this.#count(chunk);
  }

  /** Forgets everything that was written. */
  async clear(): Promise<void> {
    await writing(this.path, () => this.#file.truncate(0));
    this.#hash = createHash('sha256');
    this.#bytes = 0;
  }

  content(): Content {
    return { bytes: this.#bytes, sha256: this.#hash.copy().digest('hex') };
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #count(chunk: Uint8Array): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
  }
}

/**
 * Writes a stream to a new file. It is read no further than one chunk beyond `most` bytes, so that an endless one ends.
 * @param onBytes called with the bytes of each chunk that was written
 * @returns what was written; the caller compares it with what was expected
 */
export async function writeNewFile(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  most: number,
  { signal, onBytes }: { readonly signal?: AbortSignal | undefined; readonly onBytes?: (bytes: number) => void } = {},
): Promise<Content> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await writing(path, () => open(path, 'wx', 0o644));
  try {
    for await (const chunk of chunks) {
      signal?.throwIfAborted();
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes > most) break;
      await writing(path, () => file.appendFile(chunk));
      onBytes?.(chunk.length);
    }
    await writing(path, () => file.sync());
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}
