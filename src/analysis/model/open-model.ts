import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import type { Manifest } from '../../export/folder/manifest.ts';
import { readManifestIfPresent } from '../../export/folder/read-manifest.ts';
import { LIMITS } from '../../limits.ts';
import { externalFiles } from '../../onnx/external-data.ts';
import { decodeModel, type OnnxModel } from '../../onnx/model.ts';
import { validateModel } from '../../onnx/validate.ts';
import { readPinnedFile } from '../../pinned-file.ts';
import { withinTime } from '../../within-time.ts';
import { auditGraph } from '../anatomy/audit.ts';
import { findAnatomy } from '../anatomy/find-anatomy.ts';
import { quantizationRecipe } from '../anatomy/recipe.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { type DataFile, findDataFiles } from './data-files.ts';
import { folderContent } from './folder-content.ts';
import { followLinks } from './follow-links.ts';
import { CONFIG_FILE, type ModelConfig, readModelConfig } from './model-config.ts';
import { requireDataAsWritten, requireGraphAsWritten } from './require-as-written.ts';
import { requireFittingConfig } from './require-fitting-config.ts';

const MODEL_FILE = 'model.onnx';

/** A model folder that was read and understood; its weights are still on disk. */
export interface OpenModel {
  /** as the caller named it */
  readonly path: string;
  /** absolute: ONNX Runtime resolves external data against it; another than `path` when that holds links */
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
  /** the files that its weights stand in, by the names that the graph gives them */
  readonly dataFiles: ReadonlyMap<string, DataFile>;
}

/**
 * Reads config.json and the graph of an export folder, made by ft-lens or any other program.
 * @throws FtLensError (input) when the folder holds no such model, or one that cannot be understood
 */
export async function openModel(path: string): Promise<OpenModel> {
  const folder = resolve(path);
  await requireFolder(folder, path);
  const file = join(path, MODEL_FILE);
  const bytes = await readGraph(path);
  const manifest = await readManifestIfPresent(path);
  if (manifest) requireGraphAsWritten(path, manifest, MODEL_FILE, bytes);
  const config = await readModelConfig(path);
  const { model, anatomy, recipe } = understand(bytes, file, config);
  const dataFiles = await findDataFiles(path, externalFiles(model, file));
  externalFiles(model, file, new Map(Array.from(dataFiles, ([name, { bytes: size }]) => [name, size])));
  if (manifest) requireDataAsWritten(path, manifest, dataFiles);
  requireFittingConfig(config, anatomy, manifest?.architecture, join(path, CONFIG_FILE));
  const data = await followLinks(model, { folder, dataFiles });
  return { path, ...data, name: basename(folder), file, config, model, anatomy, manifest, recipe };
}

/** Everything that is learnt from the graph. A graph that is tangled on purpose takes longer than any real one. */
function understand(
  bytes: Uint8Array,
  file: string,
  config: ModelConfig,
): Pick<OpenModel, 'model' | 'anatomy' | 'recipe'> {
  const { layers, keyValueHeads, headSize } = config;
  const work = () => {
    const model = decodeModel(bytes, file);
    validateModel(model, file);
    auditGraph(model, file);
    const anatomy = findAnatomy(model, { where: file, layers, keyValueHeads, headSize });
    return { model, anatomy, recipe: quantizationRecipe(model, anatomy) };
  };
  return withinTime(LIMITS.graphMs, work, (cause) =>
    inputError('The graph takes too long to understand.', {
      where: file,
      expected: `at most ${LIMITS.graphMs / 1000} s: 360,000 nodes of a decoder take 7`,
      remedy: 'when the machine is not busy: this is not a graph that a decoder needs',
      cause,
    }),
  );
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

async function readGraph(folder: string): Promise<Uint8Array> {
  const bytes = await readPinnedFile(folder, MODEL_FILE, LIMITS.onnxGraphBytes);
  if (bytes !== undefined) return bytes;
  throw inputError('The folder holds no model that can be read.', {
    where: join(folder, MODEL_FILE),
    expected: MODEL_FILE,
    ...(await folderContent(folder)),
  });
}
