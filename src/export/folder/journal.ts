import { createHash } from 'node:crypto';
import { type FileHandle, open, truncate } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { writing } from '../../file-system-error.ts';
import { LIMITS } from '../../limits.ts';

/** What a journal is of: an entry may only be used by a run with the same. Plain JSON, compared key by key. */
export type Identity = Readonly<Record<string, unknown>>;

/** What stands in a journal. */
export interface JournalContent {
  readonly identity: Identity;
  readonly entries: readonly unknown[];
  /** Where each line ends, in bytes: that of the identity first. */
  readonly ends: readonly number[];
}

/**
 * How old what the disk holds may be when the power fails, in ms. To wait for the disk after every entry would halve the
 * speed of an export; and entries whose bytes the disk has not got are found out by the hashes of these.
 */
const SYNC_INTERVAL_MS = 2_000;

/**
 * A file that tells how far a run is: one line for what is made, then one for each finished step. Each line begins with
 * its own check sum, so that one which a crash has cut off, and all after it, do not count.
 */
export class Journal {
  readonly #path: string;
  readonly #file: FileHandle;
  #syncedAt = -Infinity;

  private constructor(path: string, file: FileHandle) {
    this.#path = path;
    this.#file = file;
  }

  /** What stands in the file; undefined when that is nothing, or nothing that can be read. */
  static async read(path: string): Promise<JournalContent | undefined> {
    const file = await open(path, 'r').catch(() => undefined);
    if (file === undefined) return undefined;
    try {
      if ((await file.stat()).size > LIMITS.journalBytes) return undefined;
      return parseJournal(await file.readFile());
    } finally {
      await file.close();
    }
  }

  /** Begins a journal. */
  static async create(path: string, identity: Identity): Promise<Journal> {
    const journal = new Journal(path, await writing(path, () => open(path, 'w')));
    await journal.append(identity);
    return journal;
  }

  /** Goes on after the first `entries` entries; those after them are forgotten. */
  static async resume(path: string, { ends }: JournalContent, entries: number): Promise<Journal> {
    await writing(path, () => truncate(path, ends[entries]));
    return new Journal(path, await writing(path, () => open(path, 'a')));
  }

  async append(entry: unknown): Promise<void> {
    await writing(this.#path, async () => {
      await this.#file.appendFile(journalLine(JSON.stringify(entry)));
      if (performance.now() - this.#syncedAt >= SYNC_INTERVAL_MS) await this.#sync();
    });
  }

  async close(): Promise<void> {
    // Whatever is wrong with the disk has been told, or will be by those who need it.
    await this.#sync().catch(() => undefined);
    await this.#file.close();
  }

  async #sync(): Promise<void> {
    await this.#file.datasync();
    this.#syncedAt = performance.now();
  }
}

const SUM_LENGTH = 16;

/** Check sum, blank, JSON, newline. */
function journalLine(json: string): string {
  return `${checkSum(json)} ${json}\n`;
}

function checkSum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, SUM_LENGTH);
}

/** The lines up to the first that is damaged; undefined when not even the identity is whole. */
export function parseJournal(bytes: Buffer): JournalContent | undefined {
  const values: unknown[] = [];
  const ends: number[] = [];
  for (let start = 0; start < bytes.length; start = ends.at(-1)!) {
    const newline = bytes.indexOf('\n', start);
    if (newline === -1) break;
    const line = bytes.toString('utf8', start, newline + 1);
    const json = line.slice(SUM_LENGTH + 1, -1);
    if (line !== journalLine(json)) break;
    values.push(JSON.parse(json));
    ends.push(newline + 1);
  }
  const [identity, ...entries] = values;
  return identity === undefined ? undefined : { identity: identity as Identity, entries, ends };
}

/** Names the first key that two identities do not share; undefined when they are equal. */
export function differingKey(a: Identity, b: Identity): string | undefined {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  // As JSON has it: a key without a value is no key.
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
  return [...keys].find((key) => !isDeepStrictEqual(plain(a[key]), plain(b[key])));
}
