import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { LIMITS } from '../../limits.ts';
import { type Qwen3MoeConfig, parseModelConfig } from '../checkpoint/model-config.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { PinnedFolder } from '../checkpoint/pinned-folder.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import { openExportWeights } from '../dequantize/export-weights.ts';
import { GRAPH_FILE } from '../folder/data-file-names.ts';
import { MANIFEST_FILE } from '../folder/manifest.ts';
import { readManifest } from '../folder/read-manifest.ts';

/** The weights of an export or a checkpoint, by published name. */
export interface OpenWeights {
  readonly config: Qwen3MoeConfig;
  readonly weights: WeightSource;
  /** How they are stored: where two models store them alike, a weight that was not changed is equal in both. */
  readonly storage: string;
  close(): Promise<void>;
}

/**
 * @param folder of an export of ft-lens or of a Hugging Face checkpoint
 * @throws FtLensError (input) when it is neither; no file stays open then
 */
export async function openWeights(folder: string): Promise<OpenWeights> {
  if (await isExport(folder)) return openExport(folder);
  const { config, weights, dtype, close } = await openCheckpoint(folder);
  return { config, weights, storage: dtype, close };
}

async function isExport(folder: string): Promise<boolean> {
  const names = [MANIFEST_FILE, GRAPH_FILE];
  const found = await Promise.all(
    names.map((name) =>
      access(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

async function openExport(folder: string): Promise<OpenWeights> {
  const manifest = await readManifest(folder);
  const files = new PinnedFolder(folder);
  const json = await files.readJson('config.json', LIMITS.configBytes).finally(() => files.close());
  const config = parseModelConfig(json, join(folder, 'config.json'));
  const weights = await openExportWeights(folder, manifest);
  const { bits, blockSize, headBits, rule } = manifest.quantization;
  return {
    config,
    weights,
    storage: `${rule} ${bits}/${blockSize}, head ${headBits}`,
    close: () => weights.close(),
  };
}
