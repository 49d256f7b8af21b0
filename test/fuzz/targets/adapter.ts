import * as fc from 'fast-check';
import { mergeAdapter } from '../../../src/export/lora/merge-adapter.ts';
import { openAdapter } from '../../../src/export/lora/open-adapter.ts';
import type { WeightSource } from '../../../src/export/checkpoint/weight-source.ts';
import {
  TINY_CONFIG,
  tinySafetensors,
  type TinyTensor,
  tinyValues,
  tinyWeights,
} from '../../export/checkpoint/tiny-model.ts';
import { editedBytes } from '../edits/bytes.ts';
import { editedJson } from '../edits/json.ts';
import type { FuzzTarget } from '../target.ts';
import { editedSafetensors } from './checkpoint.ts';
import { inFolder, json, utf8 } from './folder.ts';

const PREFIX = 'base_model.model.';

/** Factors of a linear layer, an expert, an embedding and all experts at once, and a weight that is replaced. */
const tensors: Record<string, TinyTensor> = {
  [`${PREFIX}model.layers.0.self_attn.q_proj.lora_A.weight`]: { shape: [2, 6] },
  [`${PREFIX}model.layers.0.self_attn.q_proj.lora_B.weight`]: { shape: [8, 2] },
  [`${PREFIX}model.layers.0.mlp.experts.1.up_proj.lora_A.weight`]: { shape: [2, 6] },
  [`${PREFIX}model.layers.0.mlp.experts.1.up_proj.lora_B.weight`]: { shape: [5, 2] },
  [`${PREFIX}model.layers.1.mlp.experts.lora_A.weight`]: { shape: [6, 5] },
  [`${PREFIX}model.layers.1.mlp.experts.lora_B.weight`]: { shape: [6, 6] },
  [`${PREFIX}model.embed_tokens.lora_embedding_A`]: { shape: [2, 11] },
  [`${PREFIX}model.embed_tokens.lora_embedding_B`]: { shape: [6, 2] },
  [`${PREFIX}lm_head.weight`]: { shape: [11, 6] },
};
const settings = {
  peft_type: 'LORA',
  r: 2,
  lora_alpha: 6,
  bias: 'none',
  use_rslora: false,
  use_dora: false,
  rank_pattern: { 'self_attn.q_proj': 2, 'layers\\.\\d+\\.mlp\\.experts': 2 },
  alpha_pattern: { up_proj: 3 },
  target_parameters: [],
  target_modules: ['q_proj', 'up_proj'],
  base_model_name_or_path: 'org/base',
};
const file = tinySafetensors(tensors);
const config = json(settings);

const values = tinyWeights();
const base: WeightSource = {
  names: new Set(Object.keys(values)),
  shape: (name) => values[name]!.shape,
  rows: (name, from, to) => {
    const columns = values[name]!.shape[1] ?? 1;
    return Promise.resolve(tinyValues(values[name]!).slice(from * columns, to * columns));
  },
};

/** Opens an adapter and merges all of it. */
async function merge(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  await inFolder(files, async (folder) => {
    const adapter = await openAdapter(folder, { config: TINY_CONFIG, weights: base });
    try {
      const merged = mergeAdapter(base, adapter);
      for (const name of merged.names) {
        const [rows, columns = 1] = merged.shape(name) as [number, number?];
        const result = await merged.rows(name, 0, rows);
        if (result.length !== rows * columns) throw new Error(`${name} has ${result.length} values.`);
      }
    } finally {
      await adapter.close();
    }
  });
}

export const adapterTargets: readonly FuzzTarget[] = [
  {
    name: 'adapter-config',
    valid: [config],
    damaged: fc.oneof(editedJson(JSON.stringify(settings)).map(utf8), editedBytes(config)),
    read: (changed) => merge({ 'adapter_config.json': changed, 'adapter_model.safetensors': file }),
  },
  {
    name: 'adapter-weights',
    valid: [file],
    damaged: editedSafetensors(file),
    read: (changed) => merge({ 'adapter_config.json': config, 'adapter_model.safetensors': changed }),
  },
];
