import { describe, expect, it } from 'vitest';
import type { DecoderAnatomy } from '../../../src/analysis/anatomy/types.ts';
import type { ModelConfig } from '../../../src/analysis/model/model-config.ts';
import { requireFittingConfig } from '../../../src/analysis/model/require-fitting-config.ts';

const anatomy = {
  hiddenSize: 64,
  vocabularySize: 320,
  layers: [{ attention: undefined, router: { logits: 'logits', experts: 4, topK: 2 } }],
} as unknown as DecoderAnatomy;

const config: ModelConfig = {
  architecture: 'qwen3_moe',
  layers: 1,
  maxPositions: undefined,
  keyValueHeads: undefined,
  headSize: undefined,
  hiddenSize: 64,
  vocabularySize: 320,
  experts: 4,
  expertsPerToken: 2,
};

describe('requireFittingConfig', () => {
  const check = (changes: Partial<ModelConfig>, architecture?: string) => () =>
    requireFittingConfig({ ...config, ...changes }, anatomy, architecture, 'config.json');

  it('accepts what agrees and what is not stated', () => {
    expect(check({}, 'qwen3_moe')).not.toThrow();
    expect(check({ hiddenSize: undefined, vocabularySize: undefined, experts: undefined })).not.toThrow();
  });

  it.each([
    [{ hiddenSize: 128 }, 'hidden_size 64', '128'],
    [{ vocabularySize: 321 }, 'vocab_size 320', '321'],
    [{ experts: 8 }, 'num_experts 4', '8'],
    [{ expertsPerToken: 1 }, 'num_experts_per_tok 2', '1'],
    [{ architecture: 'mixtral' }, 'model_type qwen3_moe', 'mixtral'],
  ])('refuses %j', (changes, expected, got) => {
    expect(check(changes, 'qwen3_moe')).toThrow(
      expect.objectContaining({ exitCode: 2, expected: expect.stringContaining(expected), got }),
    );
  });
});
