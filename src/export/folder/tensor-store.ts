import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { dataFileNames, fileOfPart, type Part, PARTS } from './data-file-names.ts';
import { type FileMark, HashedFile } from './hashed-file.ts';
import type { ManifestFile } from './manifest.ts';
import { removeParts, restoreParts } from './restore-parts.ts';
import type { SharedExport } from './shared-export.ts';

/** Tensors start at multiples of this, so that ONNX Runtime can map their pages instead of copying them. */
export const TENSOR_ALIGNMENT = 4096;

/** Where the bytes of a tensor are: in the new file of its part, or in `sharedFile` of the other export. */
export const storedTensorSchema = z.strictObject({
  part: z.enum(PARTS),
  sharedFile: z.string().optional(),
  offset: z.int().nonnegative(),
  bytes: z.int().positive(),
  sha256: z.string(),
});
export type StoredTensor = Readonly<z.infer<typeof storedTensorSchema>>;

export interface FinishedStore {
  /** The data files, shared ones first. */
  readonly files: readonly ManifestFile[];
  /** Name of the file that holds a tensor. */
  fileOf(tensor: StoredTensor): string;
}

/** The tensors of a new export. Each is appended to the file of its part, unless the other export has the same bytes. */
export class TensorStore {
  readonly #folder: string;
  readonly #shared: SharedExport | undefined;
  readonly #own = new Map<Part, HashedFile>();
  readonly #usedFiles = new Set<string>();

  private constructor(folder: string, shared: SharedExport | undefined) {
    this.#folder = folder;
    this.#shared = shared;
  }

  /** @param folder an empty folder */
  static async create(folder: string, shared: SharedExport | undefined): Promise<TensorStore> {
    await shared?.linkInto(folder);
    return new TensorStore(folder, shared);
  }

  /**
   * Goes on in a folder that an earlier run has left. The bytes of its tensors are read again: those that are not as
   * they were written, and all after them, do not count. Whatever else stands in the folder is removed.
   * @param written tensors by weight, in the order in which they were added
   * @param onBytes called with the bytes of each chunk that was read; it may throw to stop
   * @returns how many of the weights are whole
   */
  static async resume(
    folder: string,
    shared: SharedExport | undefined,
    written: readonly (readonly StoredTensor[])[],
    onBytes?: (bytes: number) => void,
  ): Promise<{ readonly store: TensorStore; readonly whole: number }> {
    await restoreParts(folder, written.flat());
    await shared?.linkInto(folder);
    const store = new TensorStore(folder, shared);
    try {
      const whole = await store.#takeOver(written, onBytes);
      await removeParts(folder, (part) => !store.#own.has(part));
      for (const own of store.#own.values()) await own.truncate();
      return { store, whole };
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Adds a tensor, chunk by chunk: whether its bytes are shared is known at the end, and they are taken back then. */
  async add(part: Part, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredTensor> {
    const own = await this.#fileOfPart(part);
    const before = own.mark();
    await own.write(paddingAfter(own.length));
    const offset = own.length;
    const hash = createHash('sha256');
    for await (const chunk of chunks) {
      hash.update(chunk);
      await own.write(chunk);
    }
    const bytes = own.length - offset;
    const sha256 = hash.digest('hex');
    const shared = await this.#shared?.find(sha256, bytes);
    if (shared === undefined) return { part, offset, bytes, sha256 };
    own.rewind(before);
    this.#usedFiles.add(shared.file);
    return { part, sharedFile: shared.file, offset: shared.offset, bytes, sha256 };
  }

  /** Keeps the files of the other export that are used, and gives all files the names that they are published under. */
  async finish(): Promise<FinishedStore> {
    const written = new Map<Part, { readonly bytes: number; readonly sha256: string }>();
    for (const [part, own] of this.#own) {
      const result = await own.finish();
      if (result.bytes === 0) await rm(own.path);
      else written.set(part, result);
    }
    const names = dataFileNames((await this.#shared?.keepOnly(this.#usedFiles)) ?? [], [...written.keys()]);
    const files: ManifestFile[] = [];
    for (const [file, name] of names.shared) files.push(await (this.#shared as SharedExport).rename(file, name));
    for (const [part, name] of names.own) {
      await rename(join(this.#folder, fileOfPart(part)), join(this.#folder, name));
      files.push({ name, ...written.get(part)! });
    }
    const fileOf = ({ part, sharedFile }: StoredTensor): string =>
      (sharedFile === undefined ? names.own.get(part) : names.shared.get(sharedFile)) as string;
    return { files, fileOf };
  }

  /** Closes the data files as they are, unless they are finished. */
  async close(): Promise<void> {
    for (const own of this.#own.values()) await own.close();
  }

  async #fileOfPart(part: Part): Promise<HashedFile> {
    const existing = this.#own.get(part);
    if (existing) return existing;
    const opened = await HashedFile.reopen(join(this.#folder, fileOfPart(part)));
    this.#own.set(part, opened);
    return opened;
  }

  async #takeOver(written: readonly (readonly StoredTensor[])[], onBytes?: (bytes: number) => void): Promise<number> {
    for (const [count, tensors] of written.entries()) {
      const marks: [HashedFile, FileMark][] = [];
      for (const tensor of tensors) {
        const own = await this.#fileOfPart(tensor.part);
        marks.unshift([own, own.mark()]);
        if (await this.#isWhole(tensor, own, onBytes)) continue;
        for (const [file, mark] of marks) file.rewind(mark);
        return count;
      }
    }
    return written.length;
  }

  async #isWhole(tensor: StoredTensor, own: HashedFile, onBytes?: (bytes: number) => void): Promise<boolean> {
    const { sharedFile, offset, bytes, sha256 } = tensor;
    if (sharedFile !== undefined) {
      if (!(await this.#shared?.holds(sharedFile, tensor, onBytes))) return false;
      this.#usedFiles.add(sharedFile);
      return true;
    }
    await own.write(paddingAfter(own.length));
    return own.length === offset && (await own.readBack(bytes, onBytes)) === sha256;
  }
}

function paddingAfter(length: number): Uint8Array {
  return new Uint8Array((TENSOR_ALIGNMENT - (length % TENSOR_ALIGNMENT)) % TENSOR_ALIGNMENT);
}
