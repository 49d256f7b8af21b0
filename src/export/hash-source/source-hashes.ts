import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { inputError } from '../../errors.ts';
import type { PinnedFolder } from '../checkpoint/pinned-folder.ts';
import type { SourceFile } from '../folder/manifest.ts';
import { ThreadPool } from '../thread-pool.ts';
import { Pace } from './pace.ts';
import type { HashTask } from './worker.ts';

/** How far the thread may be ahead of those who read the same files: what it has read is still in memory then. */
const AHEAD_BYTES = 2 ** 30;

const REPORT_MS = 100;

/** The files that a folder had open when hashing began. */
type HashedFolder = Pick<PinnedFolder, 'directory' | 'files'>;

/**
 * Hashes of the very files that an export reads, by the descriptors that it has open. A thread of its own makes them
 * meanwhile, at the pace of the export, so that a disk gives every byte once.
 */
export class SourceHashes {
  readonly #folders: readonly HashedFolder[];
  readonly #totalBytes: number;
  readonly #pace = new Pace();
  readonly #pool = new ThreadPool<HashTask, (string | undefined)[]>('hash-source/worker.js', 1);
  readonly #hashes: Promise<(string | undefined)[]>;

  /** Starts. The files must stay open until {@link close}. */
  constructor(folders: readonly PinnedFolder[]) {
    this.#folders = folders.map(({ directory, files }) => ({ directory, files }));
    const files = this.#folders.flatMap((folder) => folder.files.map(({ fd, bytes }) => ({ fd, bytes })));
    this.#totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const task: HashTask = { files, pace: this.#pace.cells };
    this.#hashes = this.#pool.run(task);
    // A failure is reported to those who ask for the hashes.
    this.#hashes.catch(() => undefined);
  }

  /** @param share of the files that the export has read, 0 to 1 */
  follow(share: number): void {
    this.#pace.allow(share * this.#totalBytes + AHEAD_BYTES);
  }

  /**
   * The files of each folder, in order, once all are hashed.
   * @param onBytes called now and then with the bytes that are done, at last with all of them; it may throw to stop
   * @throws FtLensError (input) when a file was changed meanwhile
   */
  async finish(onBytes: (done: number, total: number) => void): Promise<SourceFile[][]> {
    this.#pace.allow(this.#totalBytes + 1);
    let hashes: (string | undefined)[] | void = undefined;
    do {
      onBytes(Math.min(this.#pace.done, this.#totalBytes), this.#totalBytes);
      hashes = await Promise.race([this.#hashes, setTimeout(REPORT_MS)]);
    } while (hashes === undefined);
    onBytes(this.#totalBytes, this.#totalBytes);
    const next = hashes.values();
    return Promise.all(this.#folders.map((folder) => describeFiles(folder, next)));
  }

  async close(): Promise<void> {
    this.#pace.stop();
    await this.#hashes.catch(() => undefined);
    await this.#pool.close();
  }
}

async function describeFiles(folder: HashedFolder, hashes: Iterator<string | undefined>): Promise<SourceFile[]> {
  const described = folder.files.map((file) => ({ file, sha256: hashes.next().value }));
  const files: SourceFile[] = [];
  for (const { file, sha256 } of described) {
    if (sha256 === undefined || (await file.hasChanged())) {
      throw inputError('A file changed while it was exported.', {
        where: join(folder.directory, file.name),
        remedy: 'export again when nothing writes to it',
      });
    }
    files.push({ name: file.name, bytes: file.bytes, sha256 });
  }
  return files;
}
