import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { writing } from '../../file-system-error.ts';
import { checkApart, checkVacant, type OwnFiles } from './check-target.ts';
import { makeFolders, removeEmptyFolders } from './make-folders.ts';
import type { SourceFile } from './manifest.ts';
import { PartialFolder } from './partial-folder.ts';

export interface NewFolderOptions {
  /**
   * Allows to replace a folder that ft-lens made: tells which files it put into a folder. Anything else is never
   * replaced.
   */
  readonly replace: OwnFiles | undefined;
  /** Folders that are read meanwhile: the new one may not be one of them, nor inside or around one. */
  readonly inputs: readonly string[];
}

/**
 * A folder that appears under its name only when it is whole. Until then it stands in `OUT.partial`, on the same file
 * system; {@link publish} renames it. One process at a time can have it.
 */
export class NewFolder {
  readonly #target: string;
  readonly #replace: OwnFiles | undefined;
  readonly #partial: PartialFolder;
  /** The folders that had to be made above the target. */
  readonly #madeParents: readonly string[];

  private constructor(
    target: string,
    replace: OwnFiles | undefined,
    partial: PartialFolder,
    madeParents: readonly string[],
  ) {
    this.#target = target;
    this.#replace = replace;
    this.#partial = partial;
    this.#madeParents = madeParents;
  }

  /**
   * What an earlier run left in `OUT.partial` is still in the new folder: see {@link clear}.
   * @throws FtLensError when the folder may not or cannot be made, or another process is making it
   */
  static async create(out: string, { replace, inputs }: NewFolderOptions): Promise<NewFolder> {
    const target = resolve(out);
    await checkApart(target, inputs);
    await checkApart(`${target}.partial`, inputs);
    await checkVacant(target, replace);
    const madeParents = await writing(target, () => makeFolders(dirname(target)));
    try {
      const partial = await PartialFolder.open(target);
      try {
        // Again: another process may have finished it by now, or what a crash left half replaced is back.
        await checkVacant(target, replace);
        await writing(partial.contents, () => makeFolders(partial.contents));
        return new NewFolder(target, replace, partial, madeParents);
      } catch (error) {
        await partial.release();
        throw error;
      }
    } catch (error) {
      await removeEmptyFolders(madeParents);
      throw error;
    }
  }

  /** Where to write until it is published. */
  get path(): string {
    return this.#partial.contents;
  }

  /** Path of a file beside the new folder, in which a run notes how far it is; it goes when this folder does. */
  get journal(): string {
    return this.#partial.journal;
  }

  /** What the user sees of it until it is published. */
  get partialPath(): string {
    return this.#partial.path;
  }

  /** Makes it empty. */
  async clear(): Promise<void> {
    await writing(this.path, async () => {
      await rm(this.journal, { force: true });
      await rm(this.path, { recursive: true, force: true });
      await mkdir(this.path);
    });
  }

  /** Writes a whole file. */
  async writeFile(name: string, bytes: Uint8Array): Promise<SourceFile> {
    const path = join(this.path, name);
    await writing(path, async () => {
      const file = await open(path, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
    });
    return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
  }

  /**
   * Gives the folder its name; one that it replaces is removed after that, and comes back if this fails.
   * @returns a folder that should have been removed but could not; undefined when all is well
   * @throws FtLensError when others have put something there meanwhile; the folder is then as before
   */
  async publish(): Promise<string | undefined> {
    const replaces = await checkVacant(this.#target, this.#replace);
    await writing(this.#target, () => this.#partial.publish(replaces));
    const cleaned = await this.#partial.clean().then(
      () => true,
      () => false,
    );
    await this.#partial.release();
    return cleaned ? undefined : this.#partial.path;
  }

  /** Leaves it as it is, for another run to go on with. */
  async keep(): Promise<void> {
    await this.#partial.release();
  }

  /** Removes it, and the folders above it that were made for it. */
  async discard(): Promise<void> {
    // What cannot be removed must not hide why it should be.
    await this.#partial.clean().catch(() => undefined);
    await this.#partial.release();
    await removeEmptyFolders(this.#madeParents);
  }
}
