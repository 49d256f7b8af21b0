import { link, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type FtLensError, inputError } from '../../errors.ts';
import { writing } from './file-system-error.ts';
import { hashFile } from './hash-file.ts';
import type { ManifestFile, ManifestTensor } from './manifest.ts';
import { readManifest } from './read-manifest.ts';

/** Another export whose tensors may be used again, by hard links to its data files. */
export class SharedExport {
  readonly directory: string;
  readonly name: string;
  /** By the SHA-256 of their bytes. */
  readonly #tensors: ReadonlyMap<string, ManifestTensor>;
  readonly #files: ReadonlyMap<string, ManifestFile>;
  /** Name of a data file → where it is linked. */
  readonly #links = new Map<string, string>();

  private constructor(
    directory: string,
    tensors: ReadonlyMap<string, ManifestTensor>,
    files: ReadonlyMap<string, ManifestFile>,
  ) {
    this.directory = directory;
    this.name = basename(directory);
    this.#tensors = tensors;
    this.#files = files;
  }

  static async open(directory: string): Promise<SharedExport> {
    const manifest = await readManifest(directory);
    return new SharedExport(
      resolve(directory),
      new Map(manifest.tensors.map((tensor) => [tensor.sha256, tensor])),
      new Map(manifest.files.map((file) => [file.name, file])),
    );
  }

  /**
   * Links its data files into `folder`, under names for the time of the work: what is compared is then what is
   * published, whatever becomes of the other folder meanwhile. Fails at once when a file is missing, cut, or on another
   * file system.
   */
  async linkInto(folder: string): Promise<void> {
    for (const name of new Set(Array.from(this.#tensors.values(), ({ file }) => file))) {
      const path = join(folder, `${name}.shared`);
      const existing = await this.#dataFile(name);
      await this.#link(existing, path);
      this.#links.set(name, path);
      const { bytes } = this.#describe(name);
      const { size } = await stat(path);
      if (size !== bytes) throw damaged(existing, `${bytes} bytes`, `${size} bytes`);
    }
  }

  /**
   * The same bytes in the other export. They are read again: its manifest tells what was once written there.
   * @throws FtLensError when the other export is damaged
   */
  async find(sha256: string, bytes: number): Promise<ManifestTensor | undefined> {
    const shared = this.#tensors.get(sha256);
    if (shared === undefined || shared.bytes !== bytes) return undefined;
    const found = await hashFile(this.#linked(shared.file), { offset: shared.offset, bytes });
    if (found === sha256) return shared;
    throw damaged(`${join(this.directory, shared.file)}, tensor ${shared.name}`, `sha256 ${sha256}`, found);
  }

  /** Takes away all links but those of `used`; gives the names of these, in the order of the other export's files. */
  async keepOnly(used: ReadonlySet<string>): Promise<string[]> {
    for (const [file, path] of this.#links) {
      if (used.has(file)) continue;
      await rm(path);
      this.#links.delete(file);
    }
    return [...this.#files.keys()].filter((file) => this.#links.has(file));
  }

  /** Gives a linked file the name that it keeps in the new folder, and describes it. */
  async rename(file: string, name: string): Promise<ManifestFile> {
    const path = this.#linked(file);
    await writing(path, () => rename(path, join(dirname(path), name)));
    const { bytes, sha256 } = this.#describe(file);
    return { name, bytes, sha256, sharedWith: this.name };
  }

  async #link(existing: string, path: string): Promise<void> {
    try {
      await writing(path, () => link(existing, path));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw cause;
      throw inputError('The export to share with is on another file system.', {
        where: this.directory,
        expected: 'the file system of the new export: its data files are linked, not copied',
        remedy: 'choose an --out beside it, or leave --share-with out',
        cause,
      });
    }
  }

  #linked(file: string): string {
    const path = this.#links.get(file);
    if (path === undefined) throw new Error(`${file} of ${this.directory} is not linked.`);
    return path;
  }

  #describe(file: string): ManifestFile {
    const known = this.#files.get(file);
    if (known === undefined) throw new Error(`The manifest of ${this.directory} lists no file ${file}.`);
    return known;
  }

  async #dataFile(file: string): Promise<string> {
    try {
      return await realpath(join(this.directory, file));
    } catch (cause) {
      throw inputError('A data file of the export to share with is missing.', {
        where: this.directory,
        expected: file,
        got: 'no such file',
        remedy: 'export it again',
        cause,
      });
    }
  }
}

function damaged(where: string, expected: string, got: string): FtLensError {
  return inputError('The export to share with is damaged.', { where, expected, got, remedy: 'export it again' });
}
