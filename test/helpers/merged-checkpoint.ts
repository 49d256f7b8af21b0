import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint } from '../../src/export/checkpoint/open-checkpoint.ts';
import { mergeAdapter } from '../../src/export/lora/merge-adapter.ts';
import { openAdapter } from '../../src/export/lora/open-adapter.ts';
import { tinySafetensors, type TinyTensor } from '../export/checkpoint/tiny-model.ts';

/** A small checkpoint with an adapter merged into it in f32, as other programs leave it behind. */
export async function mergedCheckpoint(checkpointFolder: string, adapterFolder: string, out: string): Promise<string> {
  const checkpoint = await openCheckpoint(checkpointFolder);
  const adapter = await openAdapter(adapterFolder, checkpoint);
  try {
    const merged = mergeAdapter(checkpoint.weights, adapter);
    const tensors: Record<string, TinyTensor> = {};
    for (const name of merged.names) {
      const shape = merged.shape(name);
      tensors[name] = { shape, values: Float32Array.from(await merged.rows(name, 0, shape[0]!)) };
    }
    mkdirSync(out);
    for (const file of readdirSync(checkpointFolder).filter((name) => name.endsWith('.json')))
      cpSync(join(checkpointFolder, file), join(out, file));
    writeFileSync(join(out, 'model.safetensors'), tinySafetensors(tensors));
    return out;
  } finally {
    await Promise.all([checkpoint.close(), adapter.close()]);
  }
}
