import { createHash, type Hash } from 'node:crypto';
import { constants, type FileHandle, open } from 'node:fs/promises';
import { writing } from '../../file-system-error.ts';

/** A point in a file to go back to. */
export interface FileMark {
  readonly length: number;
  readonly hash: Hash;
}

const READ_BYTES = 2 ** 22;

/** A file that is written from start to end, and hashed on the way. */
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

  /** Opens a file that an earlier run has written, or a new one: what it holds is taken over by {@link readBack}. */
  static async reopen(path: string): Promise<HashedFile> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    return new HashedFile(path, await writing(path, () => open(path, flags, 0o666)));
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

  /**
   * Takes over the next `bytes` bytes of the file, as if they had just been written.
   * @param onBytes called with the bytes of each chunk; it may throw to stop
   * @returns their SHA-256 in hexadecimal; undefined when the file ends before
   */
  async readBack(bytes: number, onBytes?: (bytes: number) => void): Promise<string | undefined> {
    const hash = createHash('sha256');
    const buffer = new Uint8Array(Math.min(READ_BYTES, bytes));
    const end = this.#length + bytes;
    while (this.#length < end) {
      const wanted = Math.min(buffer.length, end - this.#length);
      const { bytesRead } = await this.#file.read(buffer, 0, wanted, this.#length);
      if (bytesRead === 0) return undefined;
      const chunk = buffer.subarray(0, bytesRead);
      hash.update(chunk);
      this.#hash.update(chunk);
      this.#length += bytesRead;
      onBytes?.(bytesRead);
    }
    return hash.digest('hex');
  }

  /** Cuts off what the file holds beyond the bytes written so far. */
  async truncate(): Promise<void> {
    await writing(this.path, () => this.#file.truncate(this.#length));
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
    await this.truncate();
    await writing(this.path, () => this.#file.sync());
    await this.close();
    return { bytes: this.#length, sha256: this.#hash.digest('hex') };
  }

  /** Closes the file as it is, unless it is finished. */
  async close(): Promise<void> {
    if (this.#open) await this.#file.close();
    this.#open = false;
  }
}
