import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import { instrumentBackbone, type InstrumentOptions } from '../../../src/analysis/surgery/instrument-backbone.ts';
import { lensGraph, LENS_INPUT } from '../../../src/analysis/surgery/lens-graph.ts';
import { intAttribute, setAttribute } from '../../../src/onnx/attributes.ts';
import { elementType } from '../../../src/onnx/element-type.ts';
import { DataType } from '../../../src/onnx/graph-builder.ts';
import { indexGraph } from '../../../src/onnx/graph-index.ts';
import type { NodeProto, OnnxModel } from '../../../src/onnx/model.ts';
import { validateModel } from '../../../src/onnx/validate.ts';
import { type SyntheticForm, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

const where = 'model.onnx';

function forCuda(model: OnnxModel, options: InstrumentOptions = {}): OnnxModel {
  return instrumentBackbone(model, findAnatomy(model, { where }), { device: 'cuda', ...options }).model;
}

const synthetic = (form: SyntheticForm = {}) => forCuda(syntheticDecoder({ layers: 2, ...form }));
const all = ({ graph }: OnnxModel, opType: string): NodeProto[] => graph.node.filter((node) => node.opType === opType);
const types = (model: OnnxModel, names: readonly string[]): (DataType | undefined)[] => {
  const index = indexGraph(model.graph);
  return names.map((name) => elementType(index, name));
};

describe('the CUDA form of a model', () => {
  it('is a sound graph', () => {
    for (const form of [{}, { norms: 'fused' }, { mlp: 'dense' }, { stream: DataType.FLOAT16 }] as const)
      expect(() => validateModel(synthetic(form), where)).not.toThrow();
  });

  it('gives experts and attention f16, and leaves the stream between them f32', () => {
    const model = synthetic();
    const experts = all(model, 'QMoE');
    expect(experts).toHaveLength(2);
    for (const { input } of experts)
      expect(
        types(
          model,
          [0, 1, 3, 6].map((i) => input[i] as string),
        ),
      ).toEqual(Array(4).fill(DataType.FLOAT16));
    for (const { input } of all(model, 'GroupQueryAttention'))
      expect(types(model, input.slice(0, 3))).toEqual(Array(3).fill(DataType.FLOAT16));
    const sums = all(model, 'SkipSimplifiedLayerNormalization');
    expect(sums).toHaveLength(4);
    for (const { input } of sums) expect(types(model, input)).toEqual(Array(3).fill(DataType.FLOAT));
  });

  it('casts nothing that nobody reads', () => {
    const model = synthetic();
    const read = new Set([...model.graph.node.flatMap(({ input }) => input), ...model.graph.output.map((o) => o.name)]);
    expect(model.graph.node.filter(({ output }) => !output.some((name) => read.has(name)))).toEqual([]);
  });

  it('keeps the weights of the experts constant: their kernel repacks them when the graph is loaded', () => {
    const { graph } = synthetic();
    const inputs = new Set(graph.input.map(({ name }) => name));
    for (const { input } of graph.node.filter(({ opType }) => opType === 'QMoE'))
      for (const name of input) expect(inputs.has(name)).toBe(false);
  });

  it('says that weights are in the plain layout, unless the model says otherwise', () => {
    const layoutOf = (stated: bigint | undefined) => {
      const model = syntheticDecoder({ layers: 1 });
      const [experts] = all(model, 'QMoE') as [NodeProto];
      experts.attribute = experts.attribute.filter(({ name }) => name !== 'weights_prepacked');
      if (stated !== undefined) setAttribute(experts, 'weights_prepacked', stated);
      return intAttribute(all(forCuda(model), 'QMoE')[0] as NodeProto, 'weights_prepacked');
    };
    expect([undefined, -1n, 0n, 1n].map(layoutOf)).toEqual([0, 0, 0, 1]);
  });

  it('leaves operators alone that compute in f16 already', () => {
    const model = synthetic({ stream: DataType.FLOAT16 });
    const casts = all(model, 'Cast').filter(({ output }) => output[0]?.startsWith('ft_lens.float16/'));
    expect(casts).toEqual([]);
  });

  it('multiplies with an f16 head twice: with what fits TF32, and with the rest', () => {
    expect(all(synthetic({ head: 'tied' }), 'Gemm')).toHaveLength(2);
    const cpu = instrumentBackbone(
      syntheticDecoder({ head: 'tied' }),
      findAnatomy(syntheticDecoder({ head: 'tied' }), { where }),
    );
    expect(all(cpu.model, 'Gemm')).toHaveLength(1);
  });

  it('picks rows of all states at once when asked to', () => {
    const gathers = (picking: 'early' | 'late') =>
      all(forCuda(syntheticDecoder({ layers: 6 }), { picking }), 'Gather').length;
    // Seven states and six routers, instead of either in two halves.
    expect(gathers('early') - gathers('late')).toBe(7 + 6 - 4);
  });
});

describe('the lens as one graph', () => {
  const model = syntheticDecoder({ layers: 2 });
  const anatomy = findAnatomy(model, { where });
  const options = {
    norm: 'final',
    topK: 5,
    finalTop: 10,
    activeThreshold: 0.01,
    tracked: [],
    trackedSets: [],
  } as const;
  const inputs = (graph: OnnxModel['graph']) => {
    const weights = new Set(graph.initializer.map(({ name }) => name));
    return graph.input.map(({ name }) => name).filter((name) => !weights.has(name));
  };

  it.each(['cpu', 'cuda', 'webgpu'] as const)('is sound for %s', (device) => {
    for (const views of [['base'], ['base', 'ft'], ['base', 'ft', 'floor']]) {
      const pairs = views.slice(1).map((view) => ['base', view] as const);
      expect(() => validateModel(lensGraph(model, anatomy, { ...options, device, views, pairs }), where)).not.toThrow();
    }
  });

  it('reads the states of both models through one head', () => {
    const { graph } = lensGraph(model, anatomy, { ...options, device: 'webgpu', views: ['base', 'ft'] });
    expect(inputs(graph).sort()).toEqual(
      ['base', 'ft'].flatMap((view) => [LENS_INPUT.ownLogits(view), LENS_INPUT.residuals(view)]).sort(),
    );
    expect(graph.node.filter(({ opType }) => opType === 'Gemm')).toHaveLength(1);
  });

  it('takes the logits of a base with another head as they are', () => {
    const { graph } = lensGraph(model, anatomy, { ...options, views: ['base', 'ft'], given: ['base'] });
    expect(inputs(graph)).toContain(LENS_INPUT.logits('base'));
    expect(inputs(graph)).not.toContain(LENS_INPUT.residuals('base'));
  });

  it('compares the views that it is asked to compare', () => {
    const outputs = (views: string[], pairs: [string, string][]) =>
      lensGraph(model, anatomy, { ...options, views, pairs }).graph.output.map(({ name }) => name);
    const divergences = (names: string[]) => names.filter((name) => name.endsWith('js'));
    expect(divergences(outputs(['base'], []))).toEqual([]);
    expect(divergences(outputs(['base', 'ft'], [['base', 'ft']]))).toEqual(['base.ft.js']);
  });
});
