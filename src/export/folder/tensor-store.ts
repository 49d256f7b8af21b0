import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HashedFile } from './hashed-file.ts';
import type { ManifestFile } from './manifest.ts';
import type { SharedExport } from './shared-export.ts';

export const GRAPH_FILE = 'model.onnx';

/** Tensors start at multiples of this, so that ONNX Runtime can map their pages instead of copying them. */
const TENSOR_ALIGNMENT = 4096;

/**
 * Parts of a model with a data file each, in the order of the files. An adapter changes a part as a whole more often
 * than not; another export then links the files of the parts that it did not change, and carries nothing of the others.
 */
const PARTS = ['experts', 'attention', 'rest'] as const;
export type Part = (typeof PARTS)[number];

/** Names that transformers.js expects of the data files of a graph. */
const dataFileName = (index: number): string => `${GRAPH_FILE}_data${index === 0 ? '' : `_${index}`}`;

/** Where the bytes of a tensor are: in the new file of its part, or in `sharedFile` of the other export. */
export interface StoredTensor {
  readonly part: Part;
  readonly sharedFile: string | undefined;
  readonly offset: number;
  readonly bytes: number;
  readonly sha256: string;
}

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

  static async create(folder: string, shared: SharedExport | undefined): Promise<TensorStore> {
    await shared?.linkInto(folder);
    return new TensorStore(folder, shared);
  }

  /** Adds a tensor, chunk by chunk: whether its bytes are shared is known at the end, and they are taken back then. */
  async add(part: Part, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredTensor> {
    const own = await this.#fileOfPart(part);
    const before = own.mark();
    await own.write(new Uint8Array((TENSOR_ALIGNMENT - (own.length % TENSOR_ALIGNMENT)) % TENSOR_ALIGNMENT));
    const offset = own.length;
    const hash = createHash('sha256');
    for await (const chunk of chunks) {
      hash.update(chunk);
      await own.write(chunk);
    }
    const bytes = own.length - offset;
    const sha256 = hash.digest('hex');
    const shared = await this.#shared?.find(sha256, bytes);
    if (shared === undefined) return { part, sharedFile: undefined, offset, bytes, sha256 };
    own.rewind(before);
    this.#usedFiles.add(shared.file);
    return { part, sharedFile: shared.file, offset: shared.offset, bytes, sha256 };
  }

  /** Keeps the files of the other export that are used, and gives all files the names that they are published under. */
  async finish(): Promise<FinishedStore> {
    const files: ManifestFile[] = [];
    const nextName = (): string => dataFileName(files.length);
    const sharedNames = new Map<string, string>();
    for (const file of (await this.#shared?.keepOnly(this.#usedFiles)) ?? []) {
      sharedNames.set(file, nextName());
      files.push(await (this.#shared as SharedExport).rename(file, nextName()));
    }
    const ownNames = new Map<Part, string>();
    for (const part of PARTS) {
      const own = this.#own.get(part);
      if (own === undefined) continue;
      const written = await own.finish();
      if (written.bytes === 0) {
        await rm(own.path);
        continue;
      }
      await rename(own.path, join(this.#folder, nextName()));
      ownNames.set(part, nextName());
      files.push({ name: nextName(), ...written });
    }
    const fileOf = ({ part, sharedFile }: StoredTensor): string =>
      (sharedFile === undefined ? ownNames.get(part) : sharedNames.get(sharedFile)) as string;
    return { files, fileOf };
  }

  /** Closes the data files; after a failure, their folder is the caller's to remove. */
  async close(): Promise<void> {
    for (const own of this.#own.values()) await own.close();
  }

  async #fileOfPart(part: Part): Promise<HashedFile> {
    const existing = this.#own.get(part);
    if (existing) return existing;
    const created = await HashedFile.create(join(this.#folder, `${part}.unfinished`));
    this.#own.set(part, created);
    return created;
  }
}
