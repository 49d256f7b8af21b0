import { basename, resolve } from 'node:path';
import type { Checkpoint } from './checkpoint/checkpoint.ts';
import { openCheckpointIn } from './checkpoint/open-checkpoint.ts';
import { PinnedFolder } from './checkpoint/pinned-folder.ts';
import { resolveModelPath } from './checkpoint/resolve-model-path.ts';
import { HEAD } from './checkpoint/weight-names.ts';
import type { WeightSource } from './checkpoint/weight-source.ts';
import type { Manifest } from './folder/manifest.ts';
import { SourceHashes } from './hash-source/source-hashes.ts';
import { mergeAdapter, type MergedWeights } from './lora/merge-adapter.ts';
import { type Adapter, openAdapterIn } from './lora/open-adapter.ts';
import type { ExportHooks } from './progress.ts';

/** Plain JSON. Of files: see {@link FileIdentity}; of a generated source: what it is generated from. */
interface SourceIdentity {
  readonly checkpoint: unknown;
  readonly adapter?: unknown;
}

interface FileIdentity {
  readonly name: string;
  readonly bytes: number;
  /** Nanoseconds since 1970. Not the time of the content: copies of other weights can have the same. */
  readonly changed: string;
}

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
  /** Says which source this is, so that an unfinished export is only continued from the same one. */
  readonly identity: SourceIdentity;
  /** Takes note of the share of the weights that is read, 0 to 1: files may be hashed meanwhile, at this pace. */
  follow?(share: number): void;
  /** Names and hashes for the manifest. */
  describe(hooks: ExportHooks): Promise<Manifest['source']>;
  close(): Promise<void>;
}

/**
 * @param checkpointName a folder, or the id of a model in the local Hugging Face cache; as `adapterName`
 * @throws FtLensError (input); no file stays open then
 */
export async function openSource(checkpointName: string, adapterName: string | undefined): Promise<ExportSource> {
  const checkpointFolder = new PinnedFolder(await resolveModelPath(checkpointName));
  const checkpoint = await openCheckpointIn(checkpointFolder);
  let adapterFolder: PinnedFolder | undefined;
  let adapter: Adapter | undefined;
  try {
    if (adapterName !== undefined) {
      adapterFolder = new PinnedFolder(await resolveModelPath(adapterName));
      adapter = await openAdapterIn(adapterFolder, checkpoint);
    }
  } catch (error) {
    await checkpoint.close();
    throw error;
  }
  const merged = adapter && mergeAdapter(checkpoint.weights, adapter);
  const weights = merged ?? checkpoint.weights;
  const openFolders = [checkpointFolder, ...(adapterFolder ? [adapterFolder] : [])];
  let hashes: SourceHashes | undefined;
  return {
    checkpoint,
    weights,
    merged,
    tiedHead: !weights.names.has(HEAD),
    folders: [checkpoint.directory, ...(adapter ? [adapter.directory] : [])],
    identity: {
      checkpoint: identityOf(checkpointFolder),
      ...(adapterFolder && { adapter: identityOf(adapterFolder) }),
    },
    follow(share) {
      hashes ??= new SourceHashes(openFolders);
      hashes.follow(share);
    },
    async describe(hooks) {
      hashes ??= new SourceHashes(openFolders);
      const { layers } = checkpoint.config;
      const [files, adapterFiles] = await hashes.finish((bytes, totalBytes) => {
        hooks.signal?.throwIfAborted();
        hooks.onProgress?.({ phase: 'check', layer: undefined, layers, bytes, totalBytes });
      });
      return {
        checkpoint: { name: displayName(checkpointName, checkpoint.directory), files: files! },
        ...(adapter && {
          adapter: {
            name: displayName(adapterName as string, adapter.directory),
            files: adapterFiles!,
            settings: adapterSettings(adapter),
          },
        }),
      };
    },
    async close() {
      await hashes?.close();
      await Promise.all([checkpoint.close(), adapter?.close()]);
    },
  };
}

/** What tells whether the files of a folder are still those of before, without reading them. */
function identityOf(folder: PinnedFolder): FileIdentity[] {
  return folder.files.map(({ name, bytes, changed }) => ({ name, bytes, changed }));
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
