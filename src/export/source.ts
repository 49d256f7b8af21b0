import { createHash } from 'node:crypto';
import { basename, resolve } from 'node:path';
import { inputError } from '../errors.ts';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import { openCheckpoint } from './checkpoint/open-checkpoint.ts';
import { openPinnedFile } from './checkpoint/pinned-file.ts';
import { resolveModelPath } from './checkpoint/resolve-model-path.ts';
import { HEAD } from './checkpoint/weight-names.ts';
import type { WeightSource } from './checkpoint/weight-source.ts';
import type { Manifest, SourceFile } from './folder/manifest.ts';
import { mergeAdapter, type MergedWeights } from './lora/merge-adapter.ts';
import { type Adapter, openAdapter } from './lora/open-adapter.ts';
import type { ExportHooks } from './progress.ts';

const CHECKPOINT_FILES = ['config.json', 'model.safetensors.index.json'];
const ADAPTER_FILES = ['adapter_config.json'];
const HASHED_BYTES = 2 ** 22;

/** What an export is made from: a checkpoint, and perhaps an adapter that is merged into it. */
export interface ExportSource {
  readonly checkpoint: Checkpoint;
  /** The weights to store. */
  readonly weights: WeightSource;
  /** The same with an adapter: which of them it changes. */
  readonly merged: MergedWeights | undefined;
  /** The head is the embedding; an adapter can undo that. */
  readonly tiedHead: boolean;
  readonly folders: readonly string[];
  /** Names and hashes for the manifest. Reads every file once. */
  describe(hooks: ExportHooks): Promise<Manifest['source']>;
  close(): Promise<void>;
}

/**
 * @param checkpointName a folder, or the id of a model in the local Hugging Face cache; as `adapterName`
 * @throws FtLensError (input); no file stays open then
 */
export async function openSource(checkpointName: string, adapterName: string | undefined): Promise<ExportSource> {
  const checkpoint = await openCheckpoint(await resolveModelPath(checkpointName));
  let adapter: Adapter | undefined;
  try {
    if (adapterName !== undefined) adapter = await openAdapter(await resolveModelPath(adapterName), checkpoint);
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
  const merged = adapter && mergeAdapter(checkpoint.weights, adapter);
  const weights = merged ?? checkpoint.weights;
  return {
    checkpoint,
    weights,
    merged,
    tiedHead: !weights.names.has(HEAD),
    folders: [checkpoint.directory, ...(adapter ? [adapter.directory] : [])],
    async describe(hooks) {
      const progress = hashingProgress([...checkpoint.files, ...(adapter?.files ?? [])], checkpoint, hooks);
      return {
        checkpoint: {
          name: displayName(checkpointName, checkpoint.directory),
          files: await hashFiles(checkpoint.directory, CHECKPOINT_FILES, checkpoint.files, progress),
        },
        ...(adapter && {
          adapter: {
            name: displayName(adapterName as string, adapter.directory),
            files: await hashFiles(adapter.directory, ADAPTER_FILES, adapter.files, progress),
            settings: adapterSettings(adapter),
          },
        }),
      };
    },
    async close() {
      await Promise.all([checkpoint.close(), adapter?.close()]);
    },
  };
}

/** A hub id as it was given; of a folder, its own name alone, since paths differ between machines. */
function displayName(given: string, directory: string): string {
  return resolve(given) === directory ? basename(directory) : given;
}

function adapterSettings({ settings }: Adapter): NonNullable<Manifest['source']['adapter']>['settings'] {
  return {
    rank: settings.rank,
    alpha: settings.alpha,
    rslora: settings.rankStabilised,
    dora: settings.dora,
    ...(settings.baseModel !== undefined && { baseModel: settings.baseModel }),
    targetParameters: [...settings.targetParameters],
  };
}

function hashingProgress(
  files: readonly { readonly bytes: number }[],
  checkpoint: Checkpoint,
  hooks: ExportHooks,
): (bytes: number) => void {
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  let done = 0;
  return (bytes) => {
    hooks.signal?.throwIfAborted();
    done = Math.min(done + bytes, totalBytes);
    const { layers } = checkpoint.config;
    hooks.onProgress?.({ phase: 'check', layer: undefined, layers, bytes: done, totalBytes });
  };
}

async function hashFiles(
  folder: string,
  optional: readonly string[],
  weightFiles: readonly { readonly name: string; readonly bytes: number }[],
  onBytes: (bytes: number) => void,
): Promise<SourceFile[]> {
  const hashes: SourceFile[] = [];
  const sizes = new Map(weightFiles.map((file) => [file.name, file.bytes]));
  for (const name of [...optional, ...sizes.keys()]) {
    const file = await openPinnedFile(folder, name);
    if (file === undefined) continue;
    try {
      const hash = createHash('sha256');
      for (let from = 0; from < file.bytes; from += HASHED_BYTES) {
        const chunk = await file.read(from, Math.min(HASHED_BYTES, file.bytes - from));
        hash.update(chunk);
        if (sizes.has(name)) onBytes(chunk.length);
      }
      hashes.push({ name, bytes: file.bytes, sha256: hash.digest('hex') });
    } finally {
      await file.close();
    }
    if (sizes.has(name) && sizes.get(name) !== file.bytes) {
      throw inputError('A file changed while it was exported.', {
        where: `${folder}/${name}`,
        expected: `${sizes.get(name)} bytes`,
        got: `${file.bytes} bytes`,
        remedy: 'export again',
      });
    }
  }
  return hashes;
}
