import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openCheckpoint } from '../../../src/export/checkpoint/open-checkpoint.ts';
import { mergeAdapter, type MergedWeights } from '../../../src/export/lora/merge-adapter.ts';
import { openAdapter } from '../../../src/export/lora/open-adapter.ts';
import { temporaryFolder, tinyCheckpoint } from '../checkpoint/tiny-files.ts';
import { tinySafetensors, type TinyTensor } from '../checkpoint/tiny-model.ts';

/** Names as PEFT writes them, without their common prefix. */
export function tinyAdapter(tensors: Record<string, TinyTensor>, config: object = {}): string {
  const prefixed = Object.entries(tensors).map(([name, tensor]) => [`base_model.model.${name}`, tensor] as const);
  return temporaryFolder({
    'adapter_config.json': JSON.stringify({ peft_type: 'LORA', r: 2, lora_alpha: 6, ...config }),
    'adapter_model.safetensors': tinySafetensors(Object.fromEntries(prefixed)),
  });
}

/** Both factors of a linear module, with small values that differ everywhere. */
export function linearFactors(module: string, rows: number, columns: number, rank = 2): Record<string, TinyTensor> {
  return {
    [`${module}.lora_A.weight`]: { shape: [rank, columns], values: wave(rank * columns, 1) },
    [`${module}.lora_B.weight`]: { shape: [rows, rank], values: wave(rows * rank, 2) },
  };
}

export function wave(length: number, seed: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(seed * 7 + i * 1.3));
}

/** Opens a checkpoint and an adapter until the end of the test. */
export async function openMerged(adapterFolder: string, checkpointFolder = tinyCheckpoint()): Promise<MergedWeights> {
  const checkpoint = await openCheckpoint(checkpointFolder);
  onTestFinished(() => checkpoint.close());
  const adapter = await openAdapter(adapterFolder, checkpoint);
  onTestFinished(() => adapter.close());
  return mergeAdapter(checkpoint.weights, adapter);
}

export const WEIGHTS_FILE = (folder: string) => join(folder, 'adapter_model.safetensors');
