import { join } from 'node:path';
import { openPinnedFile, type PinnedFile, readWhole } from '../../pinned-file.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * A folder whose files are opened once and stay open: whatever is read or hashed later comes from the files that were
 * checked first, even when others take their names meanwhile.
 */
export class PinnedFolder {
  readonly directory: string;
  readonly #files = new Map<string, PinnedFile>();

  constructor(directory: string) {
    this.directory = directory;
  }

  /** The files that were opened, in the order of opening. */
  get files(): readonly PinnedFile[] {
    return [...this.#files.values()];
  }

  /**
   * @returns undefined when there is no such file
   * @throws FtLensError (input) as {@link openPinnedFile}
   */
  async open(name: string): Promise<PinnedFile | undefined> {
    const known = this.#files.get(name) ?? (await openPinnedFile(this.directory, name));
    if (known !== undefined) this.#files.set(name, known);
    return known;
  }

  /** The content of a JSON file; undefined when there is no such file. */
  async readJson(name: string, maxBytes: number): Promise<unknown> {
    const file = await this.open(name);
    return file && parseStrictJson(await readWhole(file, this.directory, maxBytes), join(this.directory, name));
  }

  async close(): Promise<void> {
    await Promise.all(this.files.map((file) => file.close()));
    this.#files.clear();
  }
}
