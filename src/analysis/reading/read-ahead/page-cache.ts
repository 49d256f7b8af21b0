import { readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteRange } from './weight-ranges.ts';

/** Bytes of one read, and how many reads are under way: together faster than one reader from end to end. */
const PIECE_BYTES = 2 ** 21;
const READS_AT_ONCE = 4;

/** A byte that is in memory comes within 2 µs; one from the fastest disk takes 60 and more. */
const IN_MEMORY_MS = 0.03;

const SAMPLES = 128;
/** So many bytes from the disk say enough: on a slow one each takes 10 ms. */
const ENOUGH_FETCHED = 8;
/**
 * A byte may also come late because the machine is busy, so the operating system's count of blocks read has to agree. A
 * file system that is none of its own (FUSE, 9p) counts nothing: then only many late bytes tell.
 */
const MANY_LATE = SAMPLES / 2;

/**
 * The operating system's page cache, for the data files of one model. A mapped file that is not in it is read page
 * fault by page fault, far slower than the disk can, and with much around each page that nobody wants.
 */
export class PageCache {
  readonly #files: ReadonlyMap<string, FileHandle>;

  private constructor(files: ReadonlyMap<string, FileHandle>) {
    this.#files = files;
  }

  /** @param names files below the folder; one that cannot be opened is left to whoever needs it */
  static async open(folder: string, names: Iterable<string>): Promise<PageCache> {
    const files = new Map<string, FileHandle>();
    for (const name of names) {
      const handle = await open(join(folder, name)).catch(() => undefined);
      if (handle) files.set(name, handle);
    }
    return new PageCache(files);
  }

  /** Whether all but a few of a sample of bytes are in memory. Takes 1 ms when they are. */
  holds(ranges: readonly ByteRange[]): boolean {
    const total = ranges.reduce((sum, { length }) => sum + length, 0);
    let [late, fetched, start] = [0, 0, 0];
    let blocks = blocksRead();
    let sample = 0;
    for (const { file, offset, length } of ranges) {
      for (; sample < SAMPLES; sample += 1) {
        const place = Math.floor((total * (sample + 0.5)) / SAMPLES) - start;
        if (place >= length) break;
        if (this.#isInMemory(file, offset + place)) continue;
        const before = blocks;
        blocks = blocksRead();
        late += 1;
        if (blocks > before) fetched += 1;
        if (fetched >= ENOUGH_FETCHED || late >= MANY_LATE) return false;
      }
      start += length;
    }
    return true;
  }

  /** Brings ranges into memory, as fast as the disk gives them. */
  async read(ranges: readonly ByteRange[]): Promise<void> {
    const pieces = ranges.flatMap(piecesOf).values();
    await Promise.all(Array.from({ length: READS_AT_ONCE }, () => this.#readAll(pieces)));
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#files.values(), (file) => file.close()));
  }

  async #readAll(pieces: IterableIterator<ByteRange>): Promise<void> {
    let target: Uint8Array | undefined;
    for (const { file, offset, length } of pieces) {
      if (this.#isInMemory(file, offset + Math.floor(length / 2))) continue;
      target ??= new Uint8Array(PIECE_BYTES);
      // Whoever needs these bytes and cannot have them says so.
      await this.#files
        .get(file)
        ?.read(target, 0, length, offset)
        .catch(() => undefined);
    }
  }

  /** Reads one byte, and takes the time: a late one may be from the disk. What cannot be read need not be waited for. */
  #isInMemory(file: string, offset: number): boolean {
    const handle = this.#files.get(file);
    if (handle === undefined) return true;
    const start = performance.now();
    try {
      readSync(handle.fd, ONE_BYTE, 0, 1, offset);
    } catch {
      return true;
    }
    return performance.now() - start < IN_MEMORY_MS;
  }
}

const ONE_BYTE = new Uint8Array(1);

/** Blocks that this process had to fetch from a disk so far. */
function blocksRead(): number {
  return process.resourceUsage().fsRead;
}

function piecesOf({ file, offset, length }: ByteRange): ByteRange[] {
  return Array.from({ length: Math.ceil(length / PIECE_BYTES) }, (_, i) => {
    const start = i * PIECE_BYTES;
    return { file, offset: offset + start, length: Math.min(PIECE_BYTES, length - start) };
  });
}
