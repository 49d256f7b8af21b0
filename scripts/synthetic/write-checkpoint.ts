import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonBytes } from '../../src/export/model-files.ts';
import { adapterConfigJson } from './adapter-config.ts';
import { adapterTensors, type SyntheticAdapter } from './adapter-tensors.ts';
import { writeModelFiles } from './model-files.ts';
import { modelWeights } from './model-weights.ts';
import type { SyntheticShape } from './shapes.ts';
import { writeSafetensors, writeShards } from './write-safetensors.ts';

/** Writes a generated model as a checkpoint that any program can open. */
export async function writeCheckpoint(folder: string, shape: SyntheticShape, seed: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeModelFiles(folder, shape);
  await writeShards(folder, modelWeights(shape, seed));
}

/** Writes a generated LoRA of such a model as PEFT would. */
export async function writeAdapter(
  folder: string,
  shape: SyntheticShape,
  adapter: SyntheticAdapter,
  seed: number,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'adapter_config.json'), jsonBytes(adapterConfigJson(adapter, shape.name)));
  await writeSafetensors(join(folder, 'adapter_model.safetensors'), adapterTensors(shape, adapter, seed));
}
