import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import type { Manifest } from '../../export/folder/manifest.ts';
import { readManifestIfPresent } from '../../export/folder/read-manifest.ts';
import { LIMITS } from '../../limits.ts';
import { externalFiles } from '../../onnx/external-data.ts';
import { decodeModel, type OnnxModel } from '../../onnx/model.ts';
import { validateModel } from '../../onnx/validate.ts';
import { auditGraph } from '../anatomy/audit.ts';
import { findAnatomy } from '../anatomy/find-anatomy.ts';
import { quantizationRecipe } from '../anatomy/recipe.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { CONFIG_FILE, type ModelConfig, readModelConfig } from './model-config.ts';
import { requireFittingConfig } from './require-fitting-config.ts';

const MODEL_FILE = 'model.onnx';

/** A model folder that was read and understood; its weights are still on disk. */
export interface OpenModel {
  /** as the caller named it */
  readonly path: string;
  /** absolute: ONNX Runtime resolves external data against it */
  readonly folder: string;
  readonly name: string;
  /** the graph file, for messages */
  readonly file: string;
  readonly config: ModelConfig;
  readonly model: OnnxModel;
  readonly anatomy: DecoderAnatomy;
  /** how the weights are stored; equal for models that can be compared */
  readonly recipe: string;
  /** undefined for a model that another program exported */
  readonly manifest: Manifest | undefined;
}

/**
 * Reads config.json and the graph of an export folder, made by ft-lens or any other program.
 * @throws FtLensError (input) when the folder holds no such model, or one that cannot be understood
 */
export async function openModel(path: string): Promise<OpenModel> {
  const folder = resolve(path);
  await requireFolder(folder, path);
  const file = join(path, MODEL_FILE);
  const bytes = await readGraph(join(folder, MODEL_FILE), file);
  const config = await readModelConfig(path);
  const model = decodeModel(bytes, file);
  validateModel(model, file);
  auditGraph(model, file);
  const sizes = await dataFileSizes(folder, externalFiles(model, file));
  externalFiles(model, file, sizes);
  const anatomy = findAnatomy(model, {
    where: file,
    layers: config.layers,
    keyValueHeads: config.keyValueHeads,
    headSize: config.headSize,
  });
  const manifest = await readManifestIfPresent(path);
  requireFittingConfig(config, anatomy, manifest?.architecture, join(path, CONFIG_FILE));
  return {
    path,
    folder,
    name: basename(folder),
    file,
    config,
    model,
    anatomy,
    manifest,
    recipe: quantizationRecipe(model, anatomy),
  };
}

async function requireFolder(folder: string, where: string): Promise<void> {
  const status = await stat(folder).catch(() => undefined);
  if (status?.isDirectory()) return;
  throw inputError('The model folder was not found.', {
    where,
    expected: `a folder that holds ${MODEL_FILE}`,
    got: status === undefined ? 'no such folder' : 'a file',
    remedy: 'ft-lens export --checkpoint DIR --out DIR makes one',
  });
}

async function readGraph(path: string, where: string): Promise<Uint8Array> {
  const handle: FileHandle = await open(path).catch((cause: unknown) => {
    throw inputError('The folder holds no model that can be read.', {
      where,
      expected: MODEL_FILE,
      got: cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' ? 'no such file' : String(cause),
      remedy: 'ft-lens export --checkpoint DIR --out DIR makes one',
      cause,
    });
  });
  try {
    const status = await handle.stat();
    if (!status.isFile() || status.size > LIMITS.onnxGraphBytes)
      throw inputError('The graph file is not one that ft-lens reads.', {
        where,
        expected: `a file of at most ${LIMITS.onnxGraphBytes} bytes, with the weights in a file of their own`,
        got: status.isFile() ? `${status.size} bytes` : 'no regular file',
      });
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** Bytes of each data file that exists. */
async function dataFileSizes(
  folder: string,
  files: readonly { readonly file: string }[],
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const { file } of files) {
    const status = await stat(join(folder, file)).catch(() => undefined);
    if (status?.isFile()) sizes.set(file, status.size);
  }
  return sizes;
}
