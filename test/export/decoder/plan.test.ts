import { describe, expect, it } from 'vitest';
import { publishedWeights } from '../../../src/export/checkpoint/weight-names.ts';
import { DEFAULT_RECIPE as recipe } from '../../../src/export/decoder/recipe.ts';
import { planWeights } from '../../../src/export/decoder/plan.ts';
import { TINY_CONFIG as config } from './tiny-config.ts';

const tensorsOf = (plan: ReturnType<typeof planWeights>) =>
  new Map(
    plan.flatMap((weight) => weight.tensors.map(({ name, dtype, shape }) => [name, `${dtype} ${shape.join('×')}`])),
  );

describe('planWeights', () => {
  it('takes every published weight once, in its published shape', () => {
    const sources = planWeights(config, recipe, false).flatMap(({ sources: names, sourceShape }) =>
      names.flat().map((name) => [name, sourceShape] as const),
    );
    expect(new Map(sources)).toEqual(publishedWeights(config));
    expect(sources).toHaveLength(publishedWeights(config).size);
  });

  it('lays the tensors out as the operators read them', () => {
    const tensors = tensorsOf(planWeights(config, recipe, false));
    expect(tensors.get('model.embed_tokens.weight')).toBe('f16 320×128');
    // MatMulNBits: rows, blocks of a row, bytes of a block
    expect(tensors.get('model.layers.1.self_attn.k_proj.weight.q4')).toBe('u8 128×2×32');
    expect(tensors.get('model.layers.1.self_attn.k_proj.weight.scales')).toBe('f32 128×2');
    // MatMul: the router's right operand
    expect(tensors.get('model.layers.0.mlp.gate.weight.transposed')).toBe('f32 128×3');
    // QMoE: experts, rows, bytes or blocks of a row
    expect(tensors.get('model.layers.0.mlp.experts.gate_up_proj.q4')).toBe('u8 3×128×64');
    expect(tensors.get('model.layers.0.mlp.experts.gate_up_proj.scales')).toBe('f32 3×128×2');
    expect(tensors.get('model.layers.0.mlp.experts.down_proj.q4')).toBe('u8 3×128×32');
    expect(tensors.get('model.layers.0.mlp.experts.down_proj.scales')).toBe('f32 3×128×1');
    expect(tensors.get('lm_head.weight')).toBe('f16 320×128');
  });

  it('stores a tied f16 head once, and a quantised one beside the embedding', () => {
    expect(tensorsOf(planWeights(config, recipe, true)).has('lm_head.weight')).toBe(false);
    const quantized = tensorsOf(planWeights(config, { ...recipe, headBits: 8 }, true));
    expect(quantized.get('model.embed_tokens.weight')).toBe('f16 320×128');
    expect(quantized.get('lm_head.weight.q8')).toBe('u8 320×2×64');
  });

  it('counts layers from 1, and has none outside them', () => {
    const plan = planWeights(config, recipe, false);
    expect(new Set(plan.map(({ layer }) => layer))).toEqual(new Set([undefined, 1, 2]));
  });

  it('refuses rows that are no whole blocks', () => {
    expect(() => planWeights({ ...config, expertIntermediateSize: 96 }, recipe, false)).toThrow(
      expect.objectContaining({ where: 'model.layers.0.mlp.experts.0.down_proj.weight', got: '96 columns' }),
    );
  });

  it('refuses experts that QMoE would take for unblocked ones', () => {
    const narrow = { ...config, hiddenSize: 64, expertIntermediateSize: 128 };
    expect(() => planWeights(narrow, recipe, false)).toThrow(/ONNX Runtime cannot run/);
    expect(() => planWeights(narrow, { ...recipe, blockSize: 32 }, false)).not.toThrow();
  });
});
