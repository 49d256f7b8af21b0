import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { parseJson, readFolderText } from '../read-text-file.ts';
import { VERSION } from '../version.ts';
import { describeWeight, HEAD } from './checkpoint/weight-names.ts';
import { type ExportWeights, openExportWeights } from './dequantize/export-weights.ts';
import { weightBytes, writeSafetensors } from './dequantize/write-safetensors.ts';
import { MANIFEST_FILE, type Manifest, type SourceFile } from './folder/manifest.ts';
import { publishFolder } from './end-export.ts';
import { requireSpace } from './folder/disk-space.ts';
import { NewFolder } from './folder/new-folder.ts';
import { readManifest } from './folder/read-manifest.ts';
import { verifyExport } from './folder/verify-export.ts';
import { jsonBytes, ModelFiles } from './model-files.ts';
import type { ExportHooks } from './progress.ts';

export interface DequantizeRequest {
  /** An export of ft-lens. */
  readonly folder: string;
  /** The folder to make. */
  readonly out: string;
  /** Replace a checkpoint that was made in this way before. */
  readonly force?: boolean;
  /** Largest size of a weight file, in bytes. */
  readonly shardBytes?: number;
}

const DEFAULT_SHARD_BYTES = 4e9;

/** Tells where a dequantised checkpoint comes from; transformers does not look at it. */
const ORIGIN_FILE = 'ft-lens-dequantized.json';
const ORIGIN_SCHEMA = 'ft-lens.dequantized';

const originSchema = z.object({
  schema: z.literal(ORIGIN_SCHEMA),
  files: z.array(z.object({ name: z.string() })),
});

/**
 * Writes the weights that an export computes with as a Hugging Face checkpoint: f32 safetensors under the published
 * names, exact to the last bit. Any other program can then check what the export does. The export's hashes are checked
 * first; the folder appears when it is whole, and after a failure nothing is left of it.
 * @throws FtLensError for a wrong call, a damaged export, a full disk, or when `hooks.signal` says stop
 */
export async function dequantizeExport(request: DequantizeRequest, hooks: ExportHooks = {}): Promise<void> {
  const source = resolve(request.folder);
  const manifest = await readManifest(source);
  const folder = await NewFolder.create(request.out, {
    replace: request.force === true ? ownCheckpointFiles : undefined,
    inputs: [source],
  });
  try {
    await folder.clear();
    await checkWhole(source, manifest, hooks);
    const files = await writeCheckpoint(folder, source, manifest, request.shardBytes ?? DEFAULT_SHARD_BYTES, hooks);
    await folder.writeFile(ORIGIN_FILE, jsonBytes(await describeOrigin(source, files)));
    hooks.signal?.throwIfAborted();
    await publishFolder(folder, hooks);
  } catch (error) {
    await folder.discard();
    throw error;
  }
}

/** Weights, configuration and tokenizer. */
async function writeCheckpoint(
  folder: NewFolder,
  source: string,
  manifest: Manifest,
  shardBytes: number,
  hooks: ExportHooks,
): Promise<SourceFile[]> {
  const modelFiles = await ModelFiles.open(source);
  const weights = await openExportWeights(source, manifest).catch(async (error: unknown) => {
    await modelFiles.close();
    throw error;
  });
  try {
    await requireSpace(dirname(folder.partialPath), allBytes(weights));
    return [
      ...(await writeSafetensors(folder, weights, shardBytes, weightsProgress(weights, manifest, hooks))),
      ...(await modelFiles.write(folder, checkpointConfig(weights))),
    ];
  } finally {
    await Promise.all([modelFiles.close(), weights.close()]);
  }
}

async function checkWhole(folder: string, manifest: Manifest, hooks: ExportHooks): Promise<void> {
  const totalBytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const { layers } = manifest.dimensions;
  let done = 0;
  const [mismatch] = await verifyExport(folder, manifest, (bytes) => {
    hooks.signal?.throwIfAborted();
    done += bytes;
    hooks.onProgress?.({ phase: 'check', layer: undefined, layers, bytes: done, totalBytes });
  });
  if (mismatch === undefined) return;
  throw inputError('The export is damaged.', {
    where: join(folder, mismatch.file),
    expected: mismatch.expected,
    got: mismatch.got,
    remedy: 'export it again',
  });
}

/** Older transformers read `torch_dtype`, newer ones `dtype`. */
function checkpointConfig(weights: ExportWeights): Record<string, unknown> {
  return {
    dtype: 'float32',
    torch_dtype: 'float32',
    tie_word_embeddings: !weights.names.has(HEAD),
    'transformers.js_config': undefined,
  };
}

function allBytes(weights: ExportWeights): number {
  return [...weights.names].reduce((sum, name) => sum + weightBytes(weights, name), 0);
}

function weightsProgress(
  weights: ExportWeights,
  { dimensions: { layers } }: Manifest,
  hooks: ExportHooks,
): (name: string, bytes: number) => void {
  const totalBytes = allBytes(weights);
  let done = 0;
  return (name, bytes) => {
    hooks.signal?.throwIfAborted();
    done += bytes;
    const { layer } = describeWeight(name);
    hooks.onProgress?.({
      phase: 'weights',
      layer: layer === undefined ? undefined : layer + 1,
      layers,
      bytes: done,
      totalBytes,
    });
  };
}

async function describeOrigin(source: string, files: readonly SourceFile[]): Promise<unknown> {
  const manifest = await readFile(join(source, MANIFEST_FILE));
  return {
    schema: ORIGIN_SCHEMA,
    schemaVersion: '1.0',
    tool: { name: 'ft-lens', version: VERSION },
    export: { name: basename(source), manifestSha256: createHash('sha256').update(manifest).digest('hex') },
    files,
  };
}

/** Names of all files that {@link dequantizeExport} put into a folder; undefined when it did not make the folder. */
async function ownCheckpointFiles(folder: string): Promise<string[] | undefined> {
  const path = join(folder, ORIGIN_FILE);
  const text = await readFolderText(folder, ORIGIN_FILE, LIMITS.manifestBytes);
  const origin = text === undefined ? undefined : originSchema.safeParse(parseJson(text, path));
  return origin?.data && [ORIGIN_FILE, ...origin.data.files.map((file) => file.name)];
}
