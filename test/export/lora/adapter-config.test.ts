import { describe, expect, it } from 'vitest';
import { parseAdapterConfig } from '../../../src/export/lora/adapter-config.ts';

const parse = (changes: object = {}) =>
  parseAdapterConfig({ peft_type: 'LORA', r: 8, lora_alpha: 16, ...changes }, 'adapter_config.json');

describe('adapter_config.json', () => {
  it('gives the settings of the arithmetic', () => {
    expect(
      parse({
        use_rslora: true,
        alpha_pattern: { q_proj: 4, k_proj: 2 },
        target_parameters: ['gate.weight'],
        base_model_name_or_path: 'Qwen/Qwen3-30B-A3B',
        bias: 'none',
        megatron_config: null,
        megatron_core: 'megatron.core',
        unheard_of: { anything: true },
      }),
    ).toEqual({
      rank: 8,
      alpha: 16,
      rankStabilised: true,
      dora: false,
      rankPatterns: [],
      alphaPatterns: [
        ['q_proj', 4],
        ['k_proj', 2],
      ],
      targetParameters: ['gate.weight'],
      baseModel: 'Qwen/Qwen3-30B-A3B',
    });
  });

  it.each<[string, object]>([
    ['peft_type', { peft_type: 'LOHA' }],
    ['bias', { bias: 'lora_only' }],
    ['fan_in_fan_out', { fan_in_fan_out: true }],
    ['lora_bias', { lora_bias: true }],
    ['use_qalora', { use_qalora: true }],
    ['megatron_config', { megatron_config: {} }],
    ['layer_replication', { layer_replication: [[0, 4]] }],
    ['trainable_token_indices', { trainable_token_indices: [5] }],
    ['alora_invocation_tokens', { alora_invocation_tokens: [5] }],
    ['init_lora_weights', { init_lora_weights: 'pissa_niter_4' }],
    ['init_lora_weights', { init_lora_weights: 'loftq' }],
    ['r', { r: 0 }],
    ['r', { r: 1.5 }],
    ['lora_alpha', { lora_alpha: Infinity }],
    ['rank_pattern.q_proj', { rank_pattern: { q_proj: 'x' } }],
    ['rank_pattern.q_proj', { rank_pattern: { q_proj: 0 } }],
  ])('is refused for %s when it says %j', (key, changes) => {
    expect(() => parse(changes)).toThrow(
      expect.objectContaining({ name: 'FtLensError', where: `adapter_config.json, key ${key}` }) as Error,
    );
  });

  it('of another kind is refused for that, not for the keys that it lacks', () => {
    expect(() => parseAdapterConfig({ peft_type: 'IA3' }, 'adapter_config.json')).toThrow(
      expect.objectContaining({ where: 'adapter_config.json, key peft_type', got: 'IA3' }) as Error,
    );
  });

  it.each(['gaussian', 'eva', 'orthogonal', true, false, null])('may start from %j', (start) => {
    expect(() => parse({ init_lora_weights: start })).not.toThrow();
  });
});
