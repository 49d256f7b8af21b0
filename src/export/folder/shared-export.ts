import { createHash } from 'node:crypto';
import { link, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type FtLensError, inputError } from '../../errors.ts';
import { writing, writingError } from '../../file-system-error.ts';
import { realPathInside } from '../../pinned-file.ts';
import { hashFile } from './hash-file.ts';
import type { Manifest, ManifestFile, ManifestTensor } from './manifest.ts';
import { readManifest } from './read-manifest.ts';

/** Another export whose tensors may be used again, by hard links to its data files. */
export class SharedExport {
  readonly directory: string;
  readonly name: string;
  /** By the SHA-256 of their bytes. */
  readonly #tensors: ReadonlyMap<string, ManifestTensor>;
  readonly #byName: ReadonlyMap<string, ManifestTensor>;
  readonly #files: ReadonlyMap<string, ManifestFile>;
  readonly #manifestHash: string;
  /** Name of a data file → where it is linked. */
  readonly #links = new Map<string, string>();

  private constructor(directory: string, manifest: Manifest) {
    this.directory = directory;
    this.name = basename(directory);
    this.#tensors = new Map(manifest.tensors.map((tensor) => [tensor.sha256, tensor]));
    this.#byName = new Map(manifest.tensors.map((tensor) => [tensor.name, tensor]));
    this.#files = new Map(manifest.files.map((file) => [file.name, file]));
    this.#manifestHash = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  }

  static async open(directory: string): Promise<SharedExport> {
    return new SharedExport(resolve(directory), await readManifest(directory));
  }

  /** Tells one export from another: plain JSON. */
  get identity(): unknown {
    return { name: this.name, manifest: this.#manifestHash };
  }

  /** Whether it has a tensor of this name and form; whether that has the same bytes is not known yet. */
  hasLike({
    name,
    dtype,
    shape,
  }: Pick<ManifestTensor, 'name' | 'dtype'> & { readonly shape: readonly number[] }): boolean {
    const like = this.#byName.get(name);
    return like !== undefined && like.dtype === dtype && isDeepStrictEqual(like.shape, shape);
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
    const found = await hashFile(this.#linked(shared.file), shared);
    if (found === sha256) return shared;
    throw damaged(
      `${join(this.directory, shared.file)}, tensor ${shared.name}`,
      `sha256 ${sha256}`,
      found ?? 'no such file',
    );
  }

  /** Whether a range of a linked file has these bytes. */
  async holds(
    file: string,
    { offset, bytes, sha256 }: Pick<ManifestTensor, 'offset' | 'bytes' | 'sha256'>,
    onBytes?: (bytes: number) => void,
  ): Promise<boolean> {
    const inside = this.#links.has(file) && offset + bytes <= this.#describe(file).bytes;
    return inside && (await hashFile(this.#linked(file), { offset, bytes }, onBytes)) === sha256;
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
      await link(existing, path);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EXDEV') throw writingError(path, cause);
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

  /** The file itself: a link to a link would still be lost with it. */
  async #dataFile(file: string): Promise<string> {
    const path = await realPathInside(this.directory, file);
    if (path !== undefined) return path;
    throw inputError('A data file of the export to share with is missing.', {
      where: this.directory,
      expected: file,
      got: 'no such file',
      remedy: 'export it again',
    });
  }
}

function damaged(where: string, expected: string, got: string): FtLensError {
  return inputError('The export to share with is damaged.', { where, expected, got, remedy: 'export it again' });
}
