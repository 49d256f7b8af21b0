import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import { quantizationRecipe } from '../../../src/analysis/anatomy/recipe.ts';
import { DataType } from '../../../src/onnx/graph-builder.ts';
import { setAttribute } from '../../../src/onnx/attributes.ts';
import type { OnnxModel } from '../../../src/onnx/model.ts';
import { type SyntheticForm, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

function recipe(form: SyntheticForm, change: (model: OnnxModel) => void = () => {}): string {
  const model = syntheticDecoder(form);
  change(model);
  return quantizationRecipe(model, findAnatomy(model, { where: 'model.onnx' }));
}

describe('quantizationRecipe', () => {
  it('says how each kind of weight is stored', () => {
    expect(recipe({})).toBe('experts int4/16, projections f32 + int4/16, router f32, head f16, embedding f16');
    expect(recipe({ mlp: 'dense', head: 'quantized', stream: DataType.FLOAT16 })).toBe(
      'projections f16 + int4/16, head int4/16, embedding f16',
    );
  });

  it('is the same for models of one recipe, whatever their layers', () => {
    expect(recipe({ layers: 4 })).toBe(recipe({ layers: 1 }));
  });

  it('differs with accuracy level, zero points and block size', () => {
    expect(recipe({ accuracy: 4 })).toContain('int4/16 accuracy 4');
    const zeroPoints = recipe({}, ({ graph }) =>
      graph.node.filter(({ opType }) => opType === 'MatMulNBits').forEach(({ input }) => (input[3] = 'zp')),
    );
    expect(zeroPoints).toContain('f32 + int4/16 asymmetric');
    const perRow = recipe({}, ({ graph }) =>
      graph.node.filter(({ opType }) => opType === 'QMoE').forEach((node) => setAttribute(node, 'block_size', 32n)),
    );
    expect(perRow).toContain('experts int4/32');
  });
});
