import { createHash } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { HashedFile } from './hashed-file.ts';
import type { ManifestFile } from './manifest.ts';
import type { SharedExport } from './shared-export.ts';

export const GRAPH_FILE = 'model.onnx';

/** Tensors start at multiples of this, so that ONNX Runtime can map their pages instead of copying them. */
const TENSOR_ALIGNMENT = 4096;

/** Names that transformers.js expects of the data files of a graph. */
const dataFileName = (index: number): string => `${GRAPH_FILE}_data${index === 0 ? '' : `_${index}`}`;
const UNFINISHED_FILE = `${GRAPH_FILE}_data.unfinished`;

/** Where the bytes of a tensor are: in the new data file, or in `sharedFile` of the other export. */
export interface StoredTensor {
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

/** The tensors of a new export. Each is appended to one data file, unless the other export has the same bytes. */
export class TensorStore {
  readonly #folder: string;
  readonly #own: HashedFile;
  readonly #shared: SharedExport | undefined;
  readonly #usedFiles = new Set<string>();

  private constructor(folder: string, own: HashedFile, shared: SharedExport | undefined) {
    this.#folder = folder;
    this.#own = own;
    this.#shared = shared;
  }

  static async create(folder: string, shared: SharedExport | undefined): Promise<TensorStore> {
    await shared?.checkLinks(folder);
    return new TensorStore(folder, await HashedFile.create(join(folder, UNFINISHED_FILE)), shared);
  }

  /** Adds a tensor, chunk by chunk: whether its bytes are shared is known at the end, and they are taken back then. */
  async add(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredTensor> {
    const own = this.#own;
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
    if (shared === undefined) return { sharedFile: undefined, offset, bytes, sha256 };
    own.rewind(before);
    this.#usedFiles.add(shared.file);
    return { sharedFile: shared.file, offset: shared.offset, bytes, sha256 };
  }

  /** Links the files of the other export that are used, and gives the new one its name. */
  async finish(): Promise<FinishedStore> {
    const files: ManifestFile[] = [];
    const names = new Map<string | undefined, string>();
    for (const file of this.#usedFiles) {
      const name = dataFileName(files.length);
      names.set(file, name);
      files.push(await (this.#shared as SharedExport).linkFile(file, join(this.#folder, name)));
    }
    const own = await this.#own.finish();
    if (own.bytes > 0) {
      const name = dataFileName(files.length);
      names.set(undefined, name);
      files.push({ name, ...own });
      await rename(this.#own.path, join(this.#folder, name));
    } else {
      await rm(this.#own.path);
    }
    return { files, fileOf: (tensor) => names.get(tensor.sharedFile) as string };
  }

  /** Closes the data file; after a failure, its folder is the caller's to remove. */
  async close(): Promise<void> {
    await this.#own.close();
  }
}
