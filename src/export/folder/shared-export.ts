import { link, realpath, stat, unlink } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
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
   * The same bytes in the other export. They are read again: its manifest tells what was once written there.
   * @throws FtLensError when the other export is damaged
   */
  async find(sha256: string, bytes: number): Promise<ManifestTensor | undefined> {
    const shared = this.#tensors.get(sha256);
    if (shared === undefined || shared.bytes !== bytes) return undefined;
    const path = join(this.directory, shared.file);
    const found = await hashFile(path, { offset: shared.offset, bytes });
    if (found === sha256) return shared;
    throw inputError('The export to share with is damaged.', {
      where: `${path}, tensor ${shared.name}`,
      expected: `sha256 ${sha256}`,
      got: found,
      remedy: 'export it again',
    });
  }

  /** Fails now rather than at the end of the work when its data files cannot be linked into `folder`. */
  async checkLinks(folder: string): Promise<void> {
    for (const file of new Set(Array.from(this.#tensors.values(), (tensor) => tensor.file))) {
      const trial = join(folder, `${file}.trial`);
      await this.linkFile(file, trial);
      await unlink(trial);
    }
  }

  /** Makes `path` a second name of one of its data files, and describes the file under that name. */
  async linkFile(file: string, path: string): Promise<ManifestFile> {
    const known = this.#files.get(file);
    if (known === undefined) throw new Error(`The manifest of ${this.directory} lists no file ${file}.`);
    const existing = await this.#dataFile(file);
    try {
      await writing(path, () => link(existing, path));
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw cause;
      throw inputError('The export to share with is on another file system.', {
        where: this.directory,
        expected: 'the file system of the new export: its data file is linked, not copied',
        remedy: 'choose an --out beside it, or leave --share-with out',
        cause,
      });
    }
    const { size } = await stat(path);
    if (size !== known.bytes) {
      throw inputError('The export to share with is damaged.', {
        where: existing,
        expected: `${known.bytes} bytes`,
        got: `${size} bytes`,
        remedy: 'export it again',
      });
    }
    return { name: basename(path), bytes: known.bytes, sha256: known.sha256, sharedWith: this.name };
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
