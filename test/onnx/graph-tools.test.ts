import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { constantShape, sourceInitializer } from '../../src/onnx/constant-shape.ts';
import { constantIntegers } from '../../src/onnx/constants.ts';
import { elementType } from '../../src/onnx/element-type.ts';
import { DataType, GraphBuilder, valueInfo } from '../../src/onnx/graph-builder.ts';
import { indexGraph } from '../../src/onnx/graph-index.ts';
import { emptyModel, type OnnxModel } from '../../src/onnx/model.ts';
import {
  AttributeProto_AttributeType as Kind,
  GraphProtoSchema,
  NodeProtoSchema,
} from '../../src/onnx/proto/onnx-ml_pb.ts';
import { constantTensors, pruneDeadNodes } from '../../src/onnx/prune.ts';

function build(make: (graph: GraphBuilder, model: OnnxModel) => void): OnnxModel {
  const model = emptyModel('test', 21);
  make(new GraphBuilder(model), model);
  return model;
}

/** A node whose branch reads `captured` from the graph around it. */
function branch(captured: string, output: string): Parameters<typeof create<typeof NodeProtoSchema>>[1] {
  const body = create(GraphProtoSchema, {
    node: [{ opType: 'Relu', input: [captured], output: ['inner'] }],
    output: [{ name: 'inner' }],
  });
  return {
    opType: 'If',
    input: ['condition'],
    output: [output],
    attribute: [{ name: 'then_branch', type: Kind.GRAPH, g: body }],
  };
}

describe('pruneDeadNodes', () => {
  it('keeps what the outputs need, through branches too, and the inputs', () => {
    const { graph } = build((builder, model) => {
      builder.input('condition', DataType.BOOL, []);
      builder.input('unused', DataType.FLOAT, [1]);
      for (const name of ['used', 'dead']) {
        builder.input(name, DataType.FLOAT, [1]);
        builder.initializer(name, DataType.FLOAT, [1], { bytes: new Uint8Array(4) });
        builder.node(`relu ${name}`, 'Relu', [name], { outputs: [`relu ${name}`] });
        model.graph.valueInfo.push(valueInfo(`relu ${name}`, DataType.FLOAT, [1]));
      }
      model.graph.node.push(create(NodeProtoSchema, branch('relu used', 'out')));
      builder.output('out');
    });
    pruneDeadNodes(graph);
    expect(graph.node.map(({ opType }) => opType)).toEqual(['Relu', 'If']);
    expect(graph.initializer.map(({ name }) => name)).toEqual(['used']);
    expect(graph.input.map(({ name }) => name)).toEqual(['condition', 'unused', 'used']);
    expect(graph.valueInfo.map(({ name }) => name)).toEqual(['relu used']);
  });
});

describe('indexGraph', () => {
  it('counts a read inside a branch as a read of the node', () => {
    const { graph } = build((builder, model) => {
      builder.input('x', DataType.FLOAT, [1]);
      builder.node('relu', 'Relu', ['x'], { outputs: ['y'] });
      model.graph.node.push(create(NodeProtoSchema, branch('y', 'out')));
    });
    expect(
      indexGraph(graph)
        .consumers.get('y')
        ?.map(({ opType }) => opType),
    ).toEqual(['If']);
  });
});

describe('constants', () => {
  const model = build((builder) => {
    builder.input('x', DataType.FLOAT, ['n']);
    builder.initializer('w', DataType.FLOAT16, [6, 4], { file: 'data', offset: 0, length: 48 });
    const cast = builder.node('cast', 'Cast', ['w'], { attributes: { to: BigInt(DataType.FLOAT) }, outputs: ['w32'] });
    builder.node('turn', 'Transpose', [cast], { outputs: ['turned'] });
    builder.node('permute', 'Transpose', [cast], { attributes: { perm: [1n, 0n] }, outputs: ['permuted'] });
    builder.node('fold', 'Reshape', [cast, builder.int64s([0, 2, -1])], { outputs: ['folded'] });
    builder.node('shape', 'Shape', ['x'], { outputs: ['free'] });
    builder.node('grow', 'Reshape', [cast, 'free'], { outputs: ['grown'] });
    builder.node('given', 'Constant', [], { attributes: { value_ints: [3n, 4n] }, outputs: ['given'] });
    builder.node('scale', 'Mul', ['x', 'w32'], { outputs: ['scaled'] });
    builder.node('choose', 'Where', ['free', 'scaled', 'x'], { outputs: ['chosen'] });
  });
  const index = indexGraph(model.graph);

  it('are told apart from what depends on an input', () => {
    const constants = constantTensors(index);
    expect([...constants].filter((name) => !name.startsWith('/'))).toEqual([
      'w',
      'w32',
      'turned',
      'permuted',
      'folded',
      'given',
    ]);
  });

  it('have shapes that follow from their initialiser', () => {
    expect(constantShape(index, 'turned')).toEqual([4, 6]);
    expect(constantShape(index, 'permuted')).toEqual([4, 6]);
    expect(constantShape(index, 'folded')).toEqual([6, 2, 2]);
    expect(constantShape(index, 'grown')).toBeUndefined();
    expect(constantShape(index, 'scaled')).toBeUndefined();
    expect(sourceInitializer(index, 'folded')).toBe('w');
    expect(sourceInitializer(index, 'x')).toBeUndefined();
  });

  it('give their integers', () => {
    expect(constantIntegers(index, '/constants/int64/0_2_-1')).toEqual([0, 2, -1]);
    expect(constantIntegers(index, 'given')).toEqual([3, 4]);
    expect(constantIntegers(index, 'w')).toBeUndefined();
    expect(constantIntegers(index, 'free')).toBeUndefined();
  });

  it('have element types, as have values', () => {
    expect(elementType(index, 'w')).toBe(DataType.FLOAT16);
    expect(elementType(index, 'turned')).toBe(DataType.FLOAT);
    expect(elementType(index, 'chosen')).toBe(DataType.FLOAT);
    expect(elementType(index, 'given')).toBeUndefined();
  });
});
