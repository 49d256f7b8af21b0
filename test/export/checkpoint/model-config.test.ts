import { describe, expect, it } from 'vitest';
import { FtLensError } from '../../../src/errors.ts';
import { parseModelConfig } from '../../../src/export/checkpoint/model-config.ts';
import { TINY_CONFIG, TINY_CONFIG_JSON } from './tiny-model.ts';

const parse = (changes: Record<string, unknown> = {}) => {
  const json: Record<string, unknown> = { ...TINY_CONFIG_JSON, ...changes };
  for (const [key, value] of Object.entries(json)) if (value === undefined) delete json[key];
  return parseModelConfig(json, 'config.json');
};

describe('config.json', () => {
  it('is read as transformers 4 writes it', () => {
    expect(
      parse({ rope_scaling: null, sliding_window: null, use_sliding_window: false, torch_dtype: 'bfloat16' }),
    ).toEqual(TINY_CONFIG);
  });

  it('is read as transformers 5 writes it', () => {
    const five = {
      num_experts: undefined,
      num_local_experts: 3,
      rope_theta: undefined,
      rope_parameters: { rope_theta: 10_000, rope_type: 'default' },
      dtype: 'bfloat16',
      mlp_only_layers: [],
      layer_types: ['full_attention', 'full_attention'],
    };
    expect(parse(five)).toEqual(TINY_CONFIG);
  });

  it('may leave head_dim to hidden_size / num_attention_heads', () => {
    expect(parse({ head_dim: undefined, hidden_size: 8 }).headDim).toBe(2);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['another architecture', { model_type: 'qwen3' }, 'model_type'],
    ['biases in the attention', { attention_bias: true }, 'attention_bias'],
    ['routing weights that are not renormalised', { norm_topk_prob: false }, 'norm_topk_prob'],
    ['the default of transformers for them', { norm_topk_prob: undefined }, 'norm_topk_prob'],
    ['dense layers between', { decoder_sparse_step: 2 }, 'decoder_sparse_step'],
    ['dense layers by number', { mlp_only_layers: [0] }, 'mlp_only_layers'],
    ['a sliding window', { use_sliding_window: true }, 'use_sliding_window'],
    ['a sliding window in one layer', { layer_types: ['full_attention', 'sliding_attention'] }, 'layer_types'],
    ['YaRN', { rope_scaling: { type: 'yarn', factor: 4 } }, 'rope_type'],
    ['YaRN in the newer spelling', { rope_parameters: { rope_theta: 10_000, rope_type: 'yarn' } }, 'rope_type'],
    ['a part of each head rotated', { rope_parameters: { partial_rotary_factor: 0.5 } }, 'partial_rotary_factor'],
    ['another activation', { hidden_act: 'gelu' }, 'hidden_act'],
    ['quantised weights', { quantization_config: { quant_method: 'fp8' } }, 'quantization_config'],
    ['a fraction of a layer', { num_hidden_layers: 1.5 }, 'num_hidden_layers'],
    ['no layers', { num_hidden_layers: 0 }, 'num_hidden_layers'],
    ['a size beyond every model', { hidden_size: 2 ** 40 }, 'hidden_size'],
    ['a size as text', { hidden_size: '6' }, 'hidden_size'],
    ['a theta that is not finite', { rope_theta: Infinity }, 'rope_theta'],
  ])('is refused with %s, naming the key', (_, changes, key) => {
    expect(() => parse(changes)).toThrow(
      expect.objectContaining({ name: 'FtLensError', where: `config.json, key ${key}` }) as Error,
    );
  });

  it('of another architecture is refused for that, not for the keys that it lacks', () => {
    expect(() => parseModelConfig({ model_type: 'llama' }, 'config.json')).toThrow(
      expect.objectContaining({ where: 'config.json, key model_type', got: 'llama' }) as Error,
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ['no number of experts', { num_experts: undefined }],
    ['two numbers of experts', { num_local_experts: 4 }],
    ['two thetas', { rope_parameters: { rope_theta: 5 } }],
    ['more experts for a token than there are', { num_experts_per_tok: 4 }],
    ['heads that cannot share', { num_key_value_heads: 3 }],
    ['an odd head', { head_dim: 3 }],
    ['a head that is a fraction', { head_dim: undefined }],
  ])('is refused with %s', (_, changes) => {
    expect(() => parse(changes)).toThrow(FtLensError);
  });

  it('may not claim more experts than all layers of any model have: each would get a name before one is looked for', () => {
    const claim = (layers: number, experts: number) => () =>
      parse({ num_hidden_layers: layers, num_experts: experts, num_experts_per_tok: 1 });
    expect(claim(94, 1_000)).not.toThrow();
    expect(claim(1_024, 4_096)).toThrow(expect.objectContaining({ got: '1024 layers of 4096' }));
  });
});
