import { join, resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import type { Checkpoint, CheckpointFile } from '../checkpoint/checkpoint.ts';
import { openPinnedFile } from '../checkpoint/pinned-file.ts';
import { readJson } from '../checkpoint/read-json.ts';
import { openSafetensors, type SafetensorsFile, weightDtype } from '../checkpoint/safetensors-file.ts';
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

const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';

/**
 * Opens a PEFT LoRA that was trained on `checkpoint`.
 * @throws FtLensError (input) when it is of another kind, or does not fit the checkpoint; no file stays open then
 */
export async function openAdapter(
  directory: string,
  checkpoint: Pick<Checkpoint, 'config' | 'weights'>,
): Promise<Adapter> {
  const { settings, file } = await openAdapterFiles(directory);
  try {
    for (const [name, { dtype }] of file.header.tensors) weightDtype(dtype, `${file.name}, tensor ${name}`);
    const shapes = new Map([...file.header.tensors].map(([name, { shape }]) => [name, shape] as const));
    const { changes, baseCopies } = planAdapter(shapes, settings, checkpoint.config, join(directory, WEIGHTS));
    await checkBaseCopies(baseCopies, file, checkpoint.weights, settings);
    return {
      directory: resolve(directory),
      settings,
      files: [{ name: file.name, bytes: file.bytes }],
      changes,
      tensor: tensorCache(file),
      read: (name, first, count) => file.read(name, first, count),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The settings of an adapter and its weights, not yet matched with a checkpoint. */
export async function openAdapterFiles(
  directory: string,
): Promise<{ settings: AdapterSettings; file: SafetensorsFile }> {
  const json = await readJson(directory, CONFIG, LIMITS.configBytes);
  if (json === undefined) {
    throw inputError('This folder is not an adapter.', { where: directory, expected: `an ${CONFIG}`, got: 'none' });
  }
  const settings = parseAdapterConfig(json, join(directory, CONFIG));
  const file = await openSafetensors(directory, WEIGHTS);
  if (file !== undefined) return { settings, file };
  const pickle = await openPinnedFile(directory, 'adapter_model.bin');
  await pickle?.close();
  if (pickle === undefined) {
    throw inputError('This adapter has no weights.', { where: directory, expected: WEIGHTS, got: 'no such file' });
  }
  throw inputError('The weights of this adapter are pickled, and a pickle can run code.', {
    where: directory,
    expected: WEIGHTS,
    got: 'adapter_model.bin',
    remedy: 'Load it with PEFT where you trust it, and save it again: save_pretrained writes safetensors.',
  });
}
