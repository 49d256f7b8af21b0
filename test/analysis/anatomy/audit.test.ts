import { create } from '@bufbuild/protobuf';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { auditGraph } from '../../../src/analysis/anatomy/audit.ts';
import { FtLensError } from '../../../src/errors.ts';
import { makeAttribute, setAttribute } from '../../../src/onnx/attributes.ts';
import { DataType, GraphBuilder } from '../../../src/onnx/graph-builder.ts';
import { decodeModel, emptyModel, type NodeProto, type OnnxModel } from '../../../src/onnx/model.ts';
import { FunctionProtoSchema, NodeProtoSchema } from '../../../src/onnx/proto/onnx-ml_pb.ts';
import { type SyntheticForm, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

function failure(model: OnnxModel): FtLensError | undefined {
  try {
    auditGraph(model, 'model.onnx');
    return undefined;
  } catch (error) {
    if (error instanceof FtLensError) return error;
    throw error;
  }
}

/** The complaint about a synthetic decoder one of whose nodes was changed. */
function complaint(
  opType: string,
  change: (node: NodeProto, model: OnnxModel) => void,
  form: SyntheticForm = {},
): FtLensError | undefined {
  const model = syntheticDecoder(form);
  change(
    model.graph.node.find((node) => node.opType === opType)!,
    model,
  );
  return failure(model);
}

function setDims(model: OnnxModel, name: string | undefined, dims: readonly number[]): void {
  model.graph.initializer.find((tensor) => tensor.name === name)!.dims = dims.map(BigInt);
}

describe('auditGraph', () => {
  it.each<SyntheticForm>([{}, { head: 'quantized', norms: 'fused' }, { stream: DataType.FLOAT16 }])(
    'passes the sound decoder %j',
    (form) => {
      expect(failure(syntheticDecoder(form))).toBeUndefined();
    },
  );

  it.each(['mobius-attention', 'mobius-gqa', 'torch-dynamo'])('passes %s', (name) => {
    expect(
      failure(decodeModel(readFileSync(new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url)), name)),
    ).toBeUndefined();
  });

  // The first two kill ONNX Runtime 1.30 while it loads a model, the third while it runs one.
  it.each<[string, string, (node: NodeProto, model: OnnxModel) => void]>([
    ['a product wider than its weights', 'MatMulNBits', (node) => setAttribute(node, 'K', 99_999n)],
    ['2^62 heads', 'GroupQueryAttention', (node) => setAttribute(node, 'num_heads', 2n ** 62n)],
    ['experts without scales', 'QMoE', (node) => (node.input[6] = '')],
    ['2^62 KV heads', 'GroupQueryAttention', (node) => setAttribute(node, 'kv_num_heads', 2n ** 62n)],
    ['no KV heads', 'GroupQueryAttention', (node) => setAttribute(node, 'kv_num_heads', 0n)],
    ['negative heads', 'GroupQueryAttention', (node) => setAttribute(node, 'num_heads', -2n)],
    ['heads in no whole groups', 'GroupQueryAttention', (node) => setAttribute(node, 'num_heads', 3n)],
    ['a product of other rows', 'MatMulNBits', (node) => setAttribute(node, 'N', 33n)],
    ['a product of 5 bits', 'MatMulNBits', (node) => setAttribute(node, 'bits', 5n)],
    ['a block of 24', 'MatMulNBits', (node) => setAttribute(node, 'block_size', 24n)],
    ['a block of 2^40', 'MatMulNBits', (node) => setAttribute(node, 'block_size', 2n ** 40n)],
    ['too few scales', 'MatMulNBits', (node, model) => setDims(model, node.input[2], [32, 1])],
    ['no weights', 'MatMulNBits', (node) => (node.input[1] = '')],
    ['more experts per token than experts', 'QMoE', (node) => setAttribute(node, 'k', 5n)],
    ['no expert per token', 'QMoE', (node) => setAttribute(node, 'k', 0n)],
    ['experts of other bits', 'QMoE', (node) => setAttribute(node, 'expert_weight_bits', 8n)],
    ['experts of other blocks', 'QMoE', (node) => setAttribute(node, 'block_size', 32n)],
    ['expert products that do not fit', 'QMoE', (node, model) => setDims(model, node.input[5], [4, 16, 32])],
    ['another number of experts in one product', 'QMoE', (node, model) => setDims(model, node.input[5], [2, 64, 16])],
    ['expert weights that are no matrices', 'QMoE', (node, model) => setDims(model, node.input[2], [4096])],
  ])('refuses %s', (_name, opType, change) => {
    const error = complaint(opType, change);
    expect(error?.kind).toBe('input');
    expect(error?.where).toContain(`(${opType})`);
  });

  it('refuses zero points of another size, packed or not', () => {
    const withZeroPoints = (type: DataType, dims: number[]) =>
      complaint('MatMulNBits', (node, model) => {
        node.input[3] = 'zero points';
        new GraphBuilder(model).initializer('zero points', type, dims, { bytes: new Uint8Array() });
      });
    // 32 rows of 2 blocks: two zero points of 4 bits fit one byte
    expect(withZeroPoints(DataType.UINT8, [32])).toBeUndefined();
    expect(withZeroPoints(DataType.UINT8, [32, 1])).toBeUndefined();
    expect(withZeroPoints(DataType.FLOAT, [32, 2])).toBeUndefined();
    expect(withZeroPoints(DataType.UINT8, [64])?.expected).toContain('32 elements');
    expect(withZeroPoints(DataType.FLOAT, [32])?.expected).toContain('64 elements');
  });

  it('refuses rotary caches of different or impossible shapes', () => {
    const withCaches = (cosine: number[], sine: number[]) =>
      complaint('GroupQueryAttention', (node, model) => {
        node.input.push('cosine', 'sine');
        const graph = new GraphBuilder(model);
        graph.initializer('cosine', DataType.FLOAT, cosine, { bytes: new Uint8Array() });
        graph.initializer('sine', DataType.FLOAT, sine, { bytes: new Uint8Array() });
      });
    expect(withCaches([64, 8], [64, 8])).toBeUndefined();
    expect(withCaches([64, 8], [64, 4])?.got).toContain('[64, 4]');
    expect(withCaches([64, 8], [32, 8])).toBeDefined();
    expect(withCaches([512], [512])).toBeDefined();
    expect(withCaches([64, 16], [64, 16])?.expected).toContain('half of 16');
  });

  it('refuses a tensor filled from a huge constant shape', () => {
    const model = emptyModel('test', 21);
    const graph = new GraphBuilder(model);
    graph.node('fill', 'ConstantOfShape', [graph.int64s([3, 2 ** 30])]);
    expect(failure(model)?.where).toContain('fill (ConstantOfShape)');
  });

  it('refuses a huge fill inside a branch or a function, too', () => {
    const filled = () => {
      const inner = emptyModel('inner', 21);
      const graph = new GraphBuilder(inner);
      graph.node('fill', 'ConstantOfShape', [graph.int64s([3, 2 ** 30])]);
      return inner.graph;
    };
    const branch = emptyModel('test', 21);
    new GraphBuilder(branch).node('choice', 'If', ['x'], { attributes: { then_branch: filled() } });
    expect(failure(branch)?.where).toContain('fill (ConstantOfShape)');

    const inFunction = emptyModel('test', 21);
    const constant = create(NodeProtoSchema, {
      opType: 'Constant',
      output: ['shape'],
      attribute: [makeAttribute('value_ints', [3n, 2n ** 30n])],
    });
    const fill = create(NodeProtoSchema, { opType: 'ConstantOfShape', name: 'fill', input: ['shape'], output: ['y'] });
    inFunction.proto.functions.push(create(FunctionProtoSchema, { domain: 'own', name: 'f', node: [constant, fill] }));
    expect(failure(inFunction)?.where).toContain('fill (ConstantOfShape)');
  });

  it.each<[string, number[][], number[][]]>([
    ['Tile', [[2 ** 15, 2 ** 15]], [[4, 4]]],
    ['Range', [[0], [2 ** 30], [1]], [[0], [1_000], [1]]],
    ['Range', [[2 ** 30], [0], [-1]], [[1_000], [0], [-1]]],
    ['Range', [[0], [1_000], [0]], [[0], [1_000], [1_000]]],
  ])('refuses %s of huge constants, and takes small ones', (opType, huge, small) => {
    const withInputs = (values: number[][]) => {
      const model = emptyModel('test', 21);
      const graph = new GraphBuilder(model);
      const inputs = values.map((value) => graph.int64s(value));
      graph.node('fill', opType, opType === 'Tile' ? ['x', ...inputs] : inputs);
      return failure(model);
    };
    expect(withInputs(huge)?.where).toContain(`fill (${opType})`);
    expect(withInputs(small)).toBeUndefined();
  });

  it('refuses operators that draw lots', () => {
    const model = emptyModel('test', 21);
    new GraphBuilder(model).node('noise', 'RandomNormalLike', ['x']);
    expect(failure(model)?.got).toBe('RandomNormalLike');
  });
});
