import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import { cutHead, HEAD } from '../../../src/analysis/surgery/cut-head.ts';
import { LENGTHS } from '../../../src/analysis/surgery/fresh-prompt.ts';
import { instrumentBackbone, type InstrumentOptions, LENS } from '../../../src/analysis/surgery/instrument-backbone.ts';
import { intAttribute, setAttribute } from '../../../src/onnx/attributes.ts';
import { decodeModel, encodeModel, type OnnxModel } from '../../../src/onnx/model.ts';
import { validateModel } from '../../../src/onnx/validate.ts';
import { type SyntheticForm, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

const where = 'model.onnx';
const names = (items: readonly { readonly name: string }[]): string[] => items.map(({ name }) => name);
/** An initialiser that is listed among the inputs needs no value. */
const inputsToFeed = ({ input, initializer }: OnnxModel['graph']): string[] =>
  names(input).filter((name) => !names(initializer).includes(name));
const operators = ({ graph }: OnnxModel): string[] => graph.node.map(({ opType }) => opType);

function instrumented(form: SyntheticForm = {}, options: Parameters<typeof instrumentBackbone>[2] = {}) {
  const model = syntheticDecoder(form);
  return instrumentBackbone(model, findAnatomy(model, { where }), options);
}

const MODELS: [string, OnnxModel][] = [
  ['a plain decoder', syntheticDecoder()],
  ['fused norms', syntheticDecoder({ norms: 'fused', head: 'quantized', lastPositionOnly: true })],
  ...['mobius-attention', 'mobius-gqa', 'torch-dynamo'].map((name): [string, OnnxModel] => [
    name,
    decodeModel(readFileSync(new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url)), name),
  ]),
];

describe.each(MODELS)('surgery on %s', (_name, model) => {
  const anatomy = findAnatomy(model, { where });

  it('gives sound models and leaves the given one as it was', () => {
    const before = encodeModel(model);
    const backbone = instrumentBackbone(model, anatomy, { attentionLayers: [1, 2] });
    const heads = (['final', 'none'] as const).map((norm) => cutHead(model, anatomy, { norm }));
    for (const made of [backbone.model, ...heads]) {
      expect(() => validateModel(made, where)).not.toThrow();
      expect(made.proto.opsetImport).toEqual(model.proto.opsetImport);
      expect(made.proto.irVersion).toBe(model.proto.irVersion);
    }
    expect(Buffer.compare(encodeModel(model), before)).toBe(0);
  });

  it('gives a head of its own: no input, layer or weight of the decoder', () => {
    const { graph } = cutHead(model, anatomy, { norm: 'final' });
    expect(inputsToFeed(graph)).toEqual([HEAD.residuals]);
    expect(names(graph.output)).toEqual([HEAD.logits]);
    expect(graph.initializer.some(({ name }) => name === anatomy.head.weight)).toBe(true);
    const weights = graph.initializer.filter(({ name }) => !name.startsWith('/constants/'));
    // the head and the norm, a scalar or two of a norm made of primitives, zero points and scales
    expect(weights.length).toBeLessThanOrEqual(5);
  });
});

describe('instrumentBackbone', () => {
  it('adds the inputs and outputs of the lens; caches come and go nowhere', () => {
    const { model, routerLayers, attentionLayers } = instrumented({ layers: 3 });
    const inputs = inputsToFeed(model.graph);
    const lengths = Object.values(LENGTHS);
    expect(inputs).toEqual(['input_ids', LENS.positions, LENS.query, LENS.visible, ...lengths]);
    expect(names(model.graph.output)).toEqual([LENS.logits, LENS.routerLogits, LENS.attention(3), LENS.residuals]);
    expect([routerLayers, attentionLayers]).toEqual([[1, 2, 3], [3]]);
  });

  it('gives the attention of the wanted layers only', () => {
    const { model, attentionLayers } = instrumented({ layers: 3 }, { attentionLayers: [1, 3, 9] });
    expect(names(model.graph.output).filter((name) => name.includes('attention'))).toEqual([1, 3].map(LENS.attention));
    expect(attentionLayers).toEqual([1, 3]);
    expect(instrumented({}, { attentionLayers: [] }).attentionLayers).toEqual([]);
  });

  it('asks an operator with a window for its probabilities, which it gives on the CPU only', () => {
    const model = syntheticDecoder({ layers: 1 });
    const attention = model.graph.node.find(({ opType }) => opType === 'GroupQueryAttention')!;
    setAttribute(attention, 'local_window_size', 4n);
    const made = (device: 'cpu' | 'cuda') => instrumentBackbone(model, findAnatomy(model, { where }), { device });
    const asked = made('cpu').model.graph.node.find(({ opType }) => opType === 'GroupQueryAttention')!;
    expect(intAttribute(asked, 'qk_output')).toBe(2);
    expect(made('cpu').attentionLayers).toEqual([1]);
    expect(made('cuda').attentionLayers).toEqual([]);
  });

  it('leaves out attention that its operator keeps to itself', () => {
    const model = syntheticDecoder();
    for (const node of model.graph.node) if (node.opType === 'GroupQueryAttention') node.opType = 'MultiHeadAttention';
    expect(instrumentBackbone(model, findAnatomy(model, { where })).attentionLayers).toEqual([]);
  });

  it('takes the own logits from the untouched head, where that gives every row', () => {
    expect(instrumented().ownLogits).toBe('untouched');
    expect(instrumented({}, { ownLogits: 'picked rows' }).ownLogits).toBe('picked rows');
    expect(instrumented({ lastPositionOnly: true }).ownLogits).toBe('picked rows');
    const copies = (options: InstrumentOptions) =>
      names(instrumented({ layers: 1 }, options).model.graph.node).filter((name) => name.startsWith('ft_lens.head'));
    expect(copies({})).toEqual([]);
    expect(copies({ ownLogits: 'picked rows' })).not.toEqual([]);
  });

  it('has a norm read the wanted rows instead of all of them', () => {
    const norms = (form: SyntheticForm) =>
      operators(instrumented(form, { ownLogits: 'picked rows' }).model).filter((name) =>
        name.endsWith('LayerNormalization'),
      );
    expect(norms({ layers: 1 })).toEqual(Array(3).fill('SimplifiedLayerNormalization'));
    // The last fused norm stays for its sum, and its norm half is done on the wanted rows.
    expect(norms({ layers: 1, norms: 'fused' })).toEqual([
      'SimplifiedLayerNormalization',
      'SkipSimplifiedLayerNormalization',
      'SkipSimplifiedLayerNormalization',
      'SimplifiedLayerNormalization',
    ]);
  });

  it('lists the weights of experts and of a float head as inputs, with their types, once', () => {
    const { model } = instrumented({ layers: 2 });
    const initializers = new Set(names(model.graph.initializer));
    const listed = names(model.graph.input).filter((name) => initializers.has(name));
    expect(listed).toHaveLength(2 * 4 + 1);
    expect(new Set(listed).size).toBe(listed.length);
    const experts = model.graph.node.find(({ opType }) => opType === 'QMoE')!;
    for (const i of [2, 3, 5, 6]) expect(listed).toContain(experts.input[i]);
    const quantized = instrumented({ mlp: 'dense', head: 'quantized' }).model;
    expect(names(quantized.graph.input)).not.toContain(
      findAnatomy(syntheticDecoder({ mlp: 'dense', head: 'quantized' }), { where }).head.weight,
    );
  });

  it('makes 4-bit products exact, and leaves 8-bit ones as they are', () => {
    const products = ({ graph }: OnnxModel) => graph.node.filter(({ opType }) => opType === 'MatMulNBits');
    const levels = (model: OnnxModel) => products(model).map((node) => intAttribute(node, 'accuracy_level'));
    const model = syntheticDecoder({ accuracy: 4, head: 'quantized' });
    const anatomy = findAnatomy(model, { where });
    expect(levels(model)).toEqual([4, 4, 4]);
    expect(levels(instrumentBackbone(model, anatomy).model)).toEqual([0, 0, 0]);
    setAttribute(products(model)[1]!, 'bits', 8n);
    expect(levels(instrumentBackbone(model, anatomy).model)).toEqual([0, 4, 0]);
  });
});

describe('cutHead', () => {
  it('unfuses the norm with its epsilon', () => {
    const model = syntheticDecoder({ norms: 'fused' });
    const head = cutHead(model, findAnatomy(model, { where }), { norm: 'final' });
    const norm = head.graph.node.find(({ opType }) => opType === 'SimplifiedLayerNormalization')!;
    expect(norm.attribute.find(({ name }) => name === 'epsilon')?.f).toBeCloseTo(1e-6, 12);
  });

  it('has no norm when none is wanted', () => {
    const model = syntheticDecoder();
    const anatomy = findAnatomy(model, { where });
    expect(operators(cutHead(model, anatomy, { norm: 'final' }))).toContain('SimplifiedLayerNormalization');
    expect(operators(cutHead(model, anatomy, { norm: 'none' }))).not.toContain('SimplifiedLayerNormalization');
  });
});
