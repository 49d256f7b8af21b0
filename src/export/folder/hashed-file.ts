import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { writing } from './file-system-error.ts';

/** A point in a file to go back to. */
export interface FileMark {
  readonly length: number;
  readonly hash: Hash;
}

/** A new file, written from start to end and hashed on the way. */
export class HashedFile {
  readonly path: string;
  readonly #file: FileHandle;
  #hash: Hash = createHash('sha256');
  #length = 0;
  #open = true;

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Creates the file; it must not exist. */
  static async create(path: string): Promise<HashedFile> {
    return new HashedFile(path, await writing(path, () => open(path, 'wx')));
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    let done = 0;
    while (done < bytes.length) {
      const { bytesWritten } = await writing(this.path, () =>
        this.#file.write(bytes, done, bytes.length - done, this.#length + done),
      );
      done += bytesWritten;
    }
    this.#length += bytes.length;
  }

  mark(): FileMark {
    return { length: this.#length, hash: this.#hash.copy() };
  }

  /** Takes back what was written since the mark. */
  rewind(mark: FileMark): void {
    this.#length = mark.length;
    this.#hash = mark.hash.copy();
  }

  /** Brings the file to the disk and closes it. */
  async finish(): Promise<{ readonly bytes: number; readonly sha256: string }> {
    await writing(this.path, async () => {
      await this.#file.truncate(this.#length);
      await this.#file.sync();
    });
    await this.close();
    return { bytes: this.#length, sha256: this.#hash.digest('hex') };
  }

  /** Closes the file as it is, unless it is finished. */
  async close(): Promise<void> {
    if (this.#open) await this.#file.close();
    this.#open = false;
  }
}
