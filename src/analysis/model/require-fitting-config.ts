import { inputError } from '../../errors.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import type { ModelConfig } from './model-config.ts';

/**
 * config.json and graph must be of one model: prompts and reports follow the one, numbers come from the other. Sizes
 * that config.json does not state are not compared.
 * @param architecture as the manifest states it
 * @throws FtLensError (input) naming the first key that differs
 */
export function requireFittingConfig(
  config: ModelConfig,
  anatomy: DecoderAnatomy,
  architecture: string | undefined,
  where: string,
): void {
  const router = anatomy.layers.find((layer) => layer.router)?.router;
  for (const [key, stated, found] of [
    ['model_type', config.architecture, architecture],
    ['hidden_size', config.hiddenSize, anatomy.hiddenSize],
    ['vocab_size', config.vocabularySize, anatomy.vocabularySize],
    ['num_experts', config.experts, router?.experts],
    ['num_experts_per_tok', config.expertsPerToken, router?.topK],
  ] as const) {
    if (stated === undefined || found === undefined || stated === found) continue;
    throw inputError('The graph and its config.json are of different models.', {
      where,
      expected: `${key} ${found}, as in the ${key === 'model_type' ? 'manifest' : 'graph'}`,
      got: String(stated),
      remedy: 'use the config.json of this very export',
    });
  }
}
