import { describe, expect, it } from 'vitest';
import { buildDecoder } from '../../../src/export/decoder/build-decoder.ts';
import type { PlacedTensor } from '../../../src/export/decoder/decoder-weights.ts';
import { planWeights } from '../../../src/export/decoder/plan.ts';
import { DEFAULT_RECIPE, type QuantizationRecipe } from '../../../src/export/decoder/recipe.ts';
import { externalFiles } from '../../../src/onnx/external-data.ts';
import { intAttribute } from '../../../src/onnx/attributes.ts';
import { decodeModel, encodeModel } from '../../../src/onnx/model.ts';
import { validateModel } from '../../../src/onnx/validate.ts';
import { TINY_CONFIG } from './tiny-config.ts';

const ELEMENT_BYTES = { f32: 4, f16: 2, u8: 1 };

function build(recipe: QuantizationRecipe, tiedHead: boolean) {
  const planned = planWeights(TINY_CONFIG, recipe, tiedHead).flatMap(({ tensors }) => tensors);
  const placed = planned.map((tensor, i): PlacedTensor => {
    const length = tensor.shape.reduce((product, size) => product * size, ELEMENT_BYTES[tensor.dtype]);
    return { ...tensor, data: { file: 'model.onnx_data', offset: i * 2 ** 20, length } };
  });
  const model = decodeModel(encodeModel(buildDecoder(TINY_CONFIG, recipe, tiedHead, placed)), 'model.onnx');
  return { model, planned };
}

// That the graph computes the right numbers is shown in ONNX Runtime: e2e/export-runs.test.ts.
describe('buildDecoder', () => {
  it.each([
    [DEFAULT_RECIPE, false],
    [DEFAULT_RECIPE, true],
    [{ ...DEFAULT_RECIPE, bits: 8, blockSize: 32, headBits: 8 }, false],
    [{ ...DEFAULT_RECIPE, bits: 4, blockSize: 32, headBits: 4 }, true],
  ] as const)('reads every tensor of the plan from the data file: %j, tied %s', (recipe, tiedHead) => {
    const { model, planned } = build(recipe, tiedHead);
    expect(() => validateModel(model, 'model.onnx')).not.toThrow();
    const names = externalFiles(model, 'model.onnx').flatMap(({ tensors }) => tensors.map(({ name }) => name));
    expect(names.sort()).toEqual(planned.map(({ name }) => name).sort());
  });

  it('has literal head counts and sizes in its caches, and the batch by the name that transformers.js knows', () => {
    const { model } = build(DEFAULT_RECIPE, false);
    const cache = model.graph.input.find(({ name }) => name === 'past_key_values.1.value')!;
    const type = cache.type!.value;
    const dims = type.case === 'tensorType' ? type.value.shape!.dim.map(({ value }) => value.value) : [];
    expect(dims).toEqual(['batch_size', 2n, 'past_sequence_length', 64n]);
  });

  it('marks its expert weights as raw, which the CUDA kernel would not guess', () => {
    const { model } = build(DEFAULT_RECIPE, false);
    const experts = model.graph.node.filter(({ opType }) => opType === 'QMoE');
    expect(experts).toHaveLength(TINY_CONFIG.layers);
    for (const node of experts) {
      expect(intAttribute(node, 'weights_prepacked')).toBe(0);
      expect(intAttribute(node, 'normalize_routing_weights')).toBe(1);
    }
  });

  it('keeps its inputs and outputs to those of a plain decoder', () => {
    const { graph } = build(DEFAULT_RECIPE, false).model;
    const caches = (prefix: string): string[] => [0, 1].flatMap((i) => [`${prefix}.${i}.key`, `${prefix}.${i}.value`]);
    expect(graph.input.map(({ name }) => name)).toEqual([
      'input_ids',
      'attention_mask',
      'position_ids',
      ...caches('past_key_values'),
    ]);
    expect(graph.output.map(({ name }) => name)).toEqual(['logits', ...caches('present')]);
  });
});
