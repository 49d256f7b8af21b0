import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import type { AnatomyHints } from '../../../src/analysis/anatomy/types.ts';
import { FtLensError } from '../../../src/errors.ts';
import { DataType, valueInfo } from '../../../src/onnx/graph-builder.ts';
import { decodeModel, type NodeProto, type OnnxModel } from '../../../src/onnx/model.ts';
import { SIZES, type SyntheticForm, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

const where = 'model.onnx';

function fixture(name: string): OnnxModel {
  return decodeModel(readFileSync(new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url)), name);
}

function failure(model: OnnxModel, hints: Partial<AnatomyHints> = {}): FtLensError {
  try {
    findAnatomy(model, { where, ...hints });
  } catch (error) {
    if (error instanceof FtLensError) return error;
    throw error;
  }
  throw new Error('the graph was understood');
}

function producer(model: OnnxModel, tensor: string | undefined): NodeProto {
  const node = model.graph.node.find(({ output }) => tensor !== undefined && output.includes(tensor));
  if (node === undefined) throw new Error(`nothing makes ${tensor}`);
  return node;
}

const FORMS: Record<string, SyntheticForm> = {
  'a plain decoder': {},
  'one layer': { layers: 1 },
  'five layers without experts': { layers: 5, mlp: 'dense' },
  'attention only': { layers: 3, mlp: 'none' },
  'fused norms': { norms: 'fused' },
  'primitive attention': { attention: 'softmax' },
  'an f16 stream': { stream: DataType.FLOAT16, head: 'plain' },
  'a quantised head over the last position': { head: 'quantized', lastPositionOnly: true },
};

describe('findAnatomy', () => {
  it.each(Object.entries(FORMS))('understands %s', (_name, form) => {
    const {
      layers = 2,
      norms = 'separate',
      mlp = 'experts',
      attention = 'group-query',
      stream = DataType.FLOAT,
    } = form;
    const model = syntheticDecoder(form);
    const anatomy = findAnatomy(model, { where, layers });
    expect(anatomy.layers).toHaveLength(layers);
    expect(anatomy.residuals).toHaveLength(layers + 1);
    expect([anatomy.hiddenSize, anatomy.vocabularySize]).toEqual([SIZES.hidden, SIZES.vocabulary]);
    for (const layer of anatomy.layers) {
      expect(layer.attention?.kind).toBe(attention);
      if (mlp !== 'experts') expect(layer.router).toBeUndefined();
      else {
        expect(layer.router).toMatchObject({ experts: SIZES.experts, topK: SIZES.topK });
        expect(producer(model, layer.router?.logits).opType).toBe('MatMul');
      }
    }
    const [first, ...others] = anatomy.residuals;
    expect(producer(model, first?.tensor).opType).toBe('Cast');
    expect(anatomy.residuals.every(({ elementType }) => elementType === stream)).toBe(true);
    for (const state of others) {
      expect(producer(model, state.node).opType).toBe(norms === 'fused' ? 'SkipSimplifiedLayerNormalization' : 'Add');
    }
    // A fused norm keeps the last sum to itself.
    expect(others.at(-1)?.tensor === undefined).toBe(norms === 'fused');
  });

  it.each(['mobius-attention', 'mobius-gqa', 'torch-dynamo'])('understands %s, of another exporter', (name) => {
    const anatomy = findAnatomy(fixture(name), { where: name, layers: 2 });
    expect([anatomy.hiddenSize, anatomy.vocabularySize]).toEqual([16, 40]);
    expect(anatomy.layers.map(({ router }) => router?.experts)).toEqual([4, 4]);
    expect(anatomy.layers.map(({ router }) => router?.topK)).toEqual([2, 2]);
    const kinds = { 'mobius-attention': 'attention', 'mobius-gqa': 'group-query', 'torch-dynamo': 'softmax' };
    expect(anatomy.layers.map(({ attention }) => attention?.kind)).toEqual(
      Array(2).fill(kinds[name as keyof typeof kinds]),
    );
    expect(anatomy.inputs.past).toHaveLength(name === 'torch-dynamo' ? 0 : 4);
  });

  it('says how to feed a fresh prompt', () => {
    const { inputs } = findAnatomy(syntheticDecoder(), { where });
    expect(inputs).toMatchObject({
      tokenIds: 'input_ids',
      attentionMask: 'attention_mask',
      positionIds: undefined,
      integerType: DataType.INT64,
    });
    expect(inputs.past.map(({ name }) => name)).toEqual(
      [0, 1].flatMap((i) => [`past_key_values.${i}.key`, `past_key_values.${i}.value`]),
    );
    expect(inputs.past[0]).toMatchObject({ elementType: DataType.FLOAT, dims: [1, SIZES.heads, 0, SIZES.headSize] });
  });

  it('completes a KV cache of free sizes from the config', () => {
    const model = syntheticDecoder();
    for (const [i, { name }] of model.graph.input.entries())
      if (name.startsWith('past'))
        model.graph.input[i] = valueInfo(name, DataType.FLOAT, ['batch', 'heads', 'past', 'head_size']);
    const { inputs } = findAnatomy(model, { where, keyValueHeads: 2, headSize: 16 });
    expect(inputs.past[3]?.dims).toEqual([1, 2, 0, 16]);
    expect(failure(model).where).toBe('model.onnx, input past_key_values.0.key');
  });

  it('takes a state of literal sizes for one that starts with zeros', () => {
    const model = syntheticDecoder();
    model.graph.input.push(valueInfo('past.0.conv', DataType.FLOAT, ['batch', 8, 3]));
    expect(findAnatomy(model, { where }).inputs.past.at(-1)?.dims).toEqual([1, 8, 3]);
  });
});

describe('findAnatomy refuses', () => {
  it('a layer count other than the config', () => {
    const error = failure(syntheticDecoder(), { layers: 3 });
    expect(error).toMatchObject({
      kind: 'input',
      where,
      expected: '3 layers, as config.json says',
      got: '2 found in the graph',
    });
  });

  it('a graph that takes embeddings instead of token ids', () => {
    const model = syntheticDecoder();
    model.graph.node = model.graph.node.filter(
      ({ opType, input }) => !(opType === 'Gather' && input[1] === 'input_ids'),
    );
    expect(failure(model).message).toContain('embedding cannot be told apart');
  });

  it('two embeddings of the same ids', () => {
    const model = syntheticDecoder();
    const lookup = model.graph.node.find(({ input }) => input[1] === 'input_ids')!;
    model.graph.node.push({ ...lookup, output: ['second'] });
    expect(failure(model).got).toMatch(/^2: /);
  });

  it('a graph without attention', () => {
    const model = syntheticDecoder({ attention: 'softmax' });
    for (const node of model.graph.node) if (node.opType === 'Softmax') node.opType = 'Sigmoid';
    expect(failure(model).message).toContain('No attention');
  });

  it('attention in some layers only', () => {
    const model = syntheticDecoder({ attention: 'softmax', layers: 3 });
    model.graph.node.filter(({ opType }) => opType === 'Softmax')[1]!.opType = 'Sigmoid';
    expect(failure(model)).toMatchObject({
      where: 'model.onnx, layer 2',
      expected: expect.stringContaining('4 sums'),
      got: '2',
    });
    model.graph.node.find(({ opType }) => opType === 'Softmax')!.opType = 'Sigmoid';
    expect(failure(model).message).toContain('before its first attention');
  });

  it('blocks without a way round them', () => {
    const model = syntheticDecoder({ mlp: 'none', layers: 1, attention: 'softmax' });
    for (const node of model.graph.node) if (node.opType === 'Add') node.opType = 'Mul';
    expect(failure(model).message).toContain('No residual stream');
  });

  it('an input it cannot feed', () => {
    const model = syntheticDecoder();
    model.graph.input.push(valueInfo('use_cache_branch', DataType.BOOL, [1]));
    expect(failure(model)).toMatchObject({ where: 'model.onnx, input use_cache_branch', got: 'bool [1]' });
  });

  it('outputs without logits', () => {
    const model = syntheticDecoder();
    model.graph.output = model.graph.output.filter(({ name }) => name !== 'logits');
    expect(failure(model).message).toContain('no logits');
  });
});
