import { join } from 'node:path';
import * as z from 'zod';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson, readFolderText } from '../../read-text-file.ts';

export const CONFIG_FILE = 'config.json';

/** What analysis takes from config.json: the rest of the structure is found in the graph. */
export interface ModelConfig {
  readonly architecture: string;
  readonly layers: number;
  /** longest prompt, in tokens */
  readonly maxPositions: number | undefined;
  readonly keyValueHeads: number | undefined;
  readonly headSize: number | undefined;
  readonly hiddenSize: number | undefined;
  readonly vocabularySize: number | undefined;
  readonly experts: number | undefined;
  readonly expertsPerToken: number | undefined;
}

const count = (limit: number) => z.int().positive().max(limit);

const configSchema = z.looseObject({
  model_type: z.string().max(LIMITS.nameBytes),
  num_hidden_layers: count(LIMITS.layers),
  max_position_embeddings: count(Number.MAX_SAFE_INTEGER).optional(),
  num_key_value_heads: count(LIMITS.attentionHeads).optional(),
  head_dim: count(LIMITS.hiddenSize).optional(),
  hidden_size: count(LIMITS.hiddenSize).optional(),
  vocab_size: count(LIMITS.vocabSize).optional(),
  num_experts: count(LIMITS.experts).optional(),
  num_local_experts: count(LIMITS.experts).optional(),
  num_experts_per_tok: count(LIMITS.experts).optional(),
});

/** @throws FtLensError when the folder has no config.json, or it lacks what is needed */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const where = join(folder, CONFIG_FILE);
  const text = await readFolderText(folder, CONFIG_FILE, LIMITS.configBytes);
  if (text === undefined)
    throw inputError('The model folder has no config.json.', {
      where,
      expected: 'config.json of the model, with model_type and num_hidden_layers',
      got: 'no such file',
      remedy: 'copy config.json from the checkpoint into this folder, or export again',
    });
  const parsed = configSchema.safeParse(parseJson(text, where));
  if (!parsed.success)
    throw inputError('config.json does not say what this model is.', {
      where,
      expected: 'model_type and num_hidden_layers',
      got: z.prettifyError(parsed.error),
      remedy: 'copy config.json from the checkpoint into this folder, or export again',
    });
  const config = parsed.data;
  return {
    architecture: config.model_type,
    layers: config.num_hidden_layers,
    maxPositions: config.max_position_embeddings,
    keyValueHeads: config.num_key_value_heads,
    headSize: config.head_dim,
    hiddenSize: config.hidden_size,
    vocabularySize: config.vocab_size,
    experts: config.num_experts ?? config.num_local_experts,
    expertsPerToken: config.num_experts_per_tok,
  };
}
