import { join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Checkpoint } from './checkpoint.ts';
import { decodeWeights } from './decode.ts';
import { locateWeights, type WeightSlice } from './locate-weights.ts';
import { parseModelConfig, type Qwen3MoeConfig, type WeightDtype } from './model-config.ts';
import { PinnedFolder } from './pinned-folder.ts';
import { type SafetensorsFile, weightDtype } from './safetensors-file.ts';
import { elementCount } from './shape.ts';
import { openWeightFiles } from './weight-files.ts';
import { EMBEDDING, HEAD } from './weight-names.ts';
import type { StoredWeights } from './weight-source.ts';

/**
 * Opens a Hugging Face checkpoint of a Qwen3-MoE model. Headers are read and checked against config.json; weights are
 * read when they are asked for.
 * @throws FtLensError (input); no file stays open then
 */
export async function openCheckpoint(directory: string): Promise<Checkpoint> {
  return openCheckpointIn(new PinnedFolder(directory));
}

/** As {@link openCheckpoint}; `folder` then holds the files that were read, until the checkpoint is closed. */
export async function openCheckpointIn(folder: PinnedFolder): Promise<Checkpoint> {
  try {
    const { directory } = folder;
    const config = await readConfig(folder);
    const files = await openWeightFiles(folder);
    const fileOf = new Map(
      files.flatMap((file) => [...file.header.tensors.keys()].map((name) => [name, file] as const)),
    );
    const slices = locateWeights(storedShapes(files), config, directory);
    const dtype = mainDtype(slices, fileOf);
    const weights = weightSource(slices, fileOf);
    if (config.tiedEmbeddings) await checkTiedCopy(fileOf, config);
    const sizes = files.map(({ name, bytes }) => ({ name, bytes }));
    return { directory: resolve(directory), config, weights, files: sizes, dtype, close: () => folder.close() };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function readConfig(folder: PinnedFolder): Promise<Qwen3MoeConfig> {
  const { directory } = folder;
  const json = await folder.readJson('config.json', LIMITS.configBytes);
  if (json !== undefined) return parseModelConfig(json, join(directory, 'config.json'));
  if ((await folder.open('adapter_config.json')) === undefined) {
    throw inputError('This folder is not a checkpoint.', {
      where: directory,
      expected: 'a config.json',
      got: 'none',
      remedy: 'give the folder of a Hugging Face checkpoint, with config.json and its safetensors files',
    });
  }
  throw inputError('This folder holds an adapter, not a checkpoint.', {
    where: directory,
    expected: 'a folder with config.json and weights',
    got: 'adapter_config.json',
    remedy: 'pass it as --adapter, and the model it was trained on as --checkpoint',
  });
}

function storedShapes(files: readonly SafetensorsFile[]): Map<string, readonly number[]> {
  return new Map(files.flatMap(({ header }) => [...header.tensors].map(([name, { shape }]) => [name, shape] as const)));
}

/** The dtype of most parameters. Checks by the way that every weight has a dtype that can be read. */
function mainDtype(
  slices: ReadonlyMap<string, WeightSlice>,
  fileOf: ReadonlyMap<string, SafetensorsFile>,
): WeightDtype {
  const parameters = new Map<WeightDtype, number>();
  for (const { tensor, shape } of slices.values()) {
    const file = fileOf.get(tensor)!;
    const dtype = weightDtype(file.header.tensors.get(tensor)!.dtype, `${file.name}, tensor ${tensor}`);
    parameters.set(dtype, (parameters.get(dtype) ?? 0) + elementCount(shape));
  }
  return [...parameters].reduce((most, entry) => (entry[1] > most[1] ? entry : most))[0];
}

function weightSource(
  slices: ReadonlyMap<string, WeightSlice>,
  fileOf: ReadonlyMap<string, SafetensorsFile>,
): StoredWeights {
  const find = (name: string): WeightSlice => {
    const slice = slices.get(name);
    if (slice === undefined) throw new Error(`there is no weight ${name}`);
    return slice;
  };
  const stored: StoredWeights['stored'] = async (name, from, to, allocate) => {
    const { tensor, firstElement, shape } = find(name);
    const [rows, columns = 1] = shape as [number, number?];
    if (from < 0 || to > rows || from > to) throw new RangeError(`${name} has no rows [${from}, ${to})`);
    const first = firstElement + from * columns;
    return fileOf.get(tensor)!.readStored(tensor, first, (to - from) * columns, allocate);
  };
  return {
    names: new Set(slices.keys()),
    shape: (name) => find(name).shape,
    stored,
    async rows(name, from, to) {
      const { dtype, bytes } = await stored(name, from, to);
      return decodeWeights(bytes, dtype);
    },
  };
}

/** Elements compared at a time. */
const COMPARED_ELEMENTS = 2 ** 22;

/** A stored copy of a tied head is never read by the model; when it differs, one of the two files is not what it says. */
async function checkTiedCopy(fileOf: ReadonlyMap<string, SafetensorsFile>, config: Qwen3MoeConfig): Promise<void> {
  const head = fileOf.get(HEAD);
  const embedding = fileOf.get(EMBEDDING);
  if (head === undefined || embedding === undefined) return;
  const elements = config.vocabSize * config.hiddenSize;
  let equal = elementCount(head.header.tensors.get(HEAD)!.shape) === elements;
  for (let first = 0; equal && first < elements; first += COMPARED_ELEMENTS) {
    const count = Math.min(COMPARED_ELEMENTS, elements - first);
    const [a, b] = await Promise.all([head.read(HEAD, first, count), embedding.read(EMBEDDING, first, count)]);
    equal = a.every((value, i) => value === b[i]);
  }
  if (equal) return;
  throw inputError('The head of this checkpoint is both tied and different.', {
    where: `${head.name}, tensor ${HEAD}`,
    expected: `a copy of ${EMBEDDING}, since config.json says tie_word_embeddings`,
    got: 'other values',
    remedy: 'set tie_word_embeddings to false in config.json if the head is meant to be its own',
  });
}
