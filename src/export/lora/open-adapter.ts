import { join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { CheckpointFile } from '../checkpoint/checkpoint.ts';
import type { Qwen3MoeConfig } from '../checkpoint/model-config.ts';
import { PinnedFolder } from '../checkpoint/pinned-folder.ts';
import { openSafetensors, type SafetensorsFile, weightDtype } from '../checkpoint/safetensors-file.ts';
import { elementCount } from '../checkpoint/shape.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import { type AdapterSettings, parseAdapterConfig } from './adapter-config.ts';
import { checkBaseCopies } from './base-copies.ts';
import { planAdapter } from './plan-adapter.ts';
import { tensorCache } from './tensor-cache.ts';
import type { WeightChange } from './weight-change.ts';

/** An open LoRA: every tensor has found the weight that it changes, and is read when that weight is merged. */
export interface Adapter {
  readonly directory: string;
  readonly settings: AdapterSettings;
  readonly files: readonly CheckpointFile[];
  /** By published name of the weight. */
  readonly changes: ReadonlyMap<string, WeightChange>;
  /** A whole tensor as f32; the ones used last stay in memory. */
  tensor(name: string): Promise<Float32Array>;
  /** `count` elements of a tensor from `first` on, as f32. */
  read(name: string, first: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** What an adapter has to fit. Copies of the base's weights that it holds are compared with `weights`, when given. */
interface AdaptedModel {
  readonly config: Qwen3MoeConfig;
  readonly weights?: WeightSource;
}

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';

/**
 * Opens a PEFT LoRA that was trained on `checkpoint`.
 * @throws FtLensError (input) when it is of another kind, or does not fit the checkpoint; no file stays open then
 */
export async function openAdapter(directory: string, checkpoint: AdaptedModel): Promise<Adapter> {
  return openAdapterIn(new PinnedFolder(directory), checkpoint);
}

/** As {@link openAdapter}; `folder` then holds the files that were read, until the adapter is closed. */
export async function openAdapterIn(folder: PinnedFolder, checkpoint: AdaptedModel): Promise<Adapter> {
  const { directory } = folder;
  try {
    const { settings, file } = await openAdapterFiles(folder);
    const elementsOf = (name: string): number => elementCount(file.header.tensors.get(name)!.shape);
    for (const [name, { dtype }] of file.header.tensors) weightDtype(dtype, `${file.name}, tensor ${name}`);
    const shapes = new Map([...file.header.tensors].map(([name, { shape }]) => [name, shape] as const));
    const { changes, baseCopies } = planAdapter(shapes, settings, checkpoint.config, join(directory, WEIGHTS));
    if (checkpoint.weights) await checkBaseCopies(baseCopies, file, checkpoint.weights, settings);
    return {
      directory: resolve(directory),
      settings,
      files: [{ name: file.name, bytes: file.bytes }],
      changes,
      tensor: tensorCache(elementsOf, (name) => file.read(name, 0, elementsOf(name))),
      read: (name, first, count) => file.read(name, first, count),
      close: () => folder.close(),
    };
  } catch (error) {
    await folder.close();
    throw error;
  }
}

/** The settings of an adapter and its weights, not yet matched with a checkpoint. They stay open in `folder`. */
export async function openAdapterFiles(
  folder: PinnedFolder,
): Promise<{ settings: AdapterSettings; file: SafetensorsFile }> {
  const { directory } = folder;
  const json = await folder.readJson(CONFIG, LIMITS.configBytes);
  if (json === undefined) {
    throw inputError('This folder is not an adapter.', {
      where: directory,
      expected: `an ${CONFIG}`,
      got: 'none',
      remedy: 'give the folder that save_pretrained of PEFT has written; a checkpoint goes to --checkpoint',
    });
  }
  const settings = parseAdapterConfig(json, join(directory, CONFIG));
  const file = await openSafetensors(folder, WEIGHTS);
  if (file !== undefined) return { settings, file };
  if ((await folder.open('adapter_model.bin')) === undefined) {
    throw inputError('This adapter has no weights.', { where: directory, expected: WEIGHTS, got: 'no such file' });
  }
  throw inputError('The weights of this adapter are pickled, and a pickle can run code.', {
    where: directory,
    expected: WEIGHTS,
    got: 'adapter_model.bin',
    remedy: 'load it with PEFT where you trust it, and save it again: save_pretrained writes safetensors',
  });
}
