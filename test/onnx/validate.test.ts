import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { FtLensError } from '../../src/errors.ts';
import { LIMITS } from '../../src/limits.ts';
import { DataType, GraphBuilder, makeTensor } from '../../src/onnx/graph-builder.ts';
import { emptyModel, type OnnxModel } from '../../src/onnx/model.ts';
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  FunctionProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  TensorProto_DataLocation,
  TensorProtoSchema,
} from '../../src/onnx/proto/onnx-ml_pb.ts';
import { validateModel } from '../../src/onnx/validate.ts';

/** x → Relu → y → Relu → z, changed by each test. */
function chain(change: (model: OnnxModel, graph: GraphBuilder) => void = () => {}): OnnxModel {
  const model = emptyModel('test', 21);
  const graph = new GraphBuilder(model);
  graph.input('x', DataType.FLOAT, [2]);
  graph.node('first', 'Relu', ['x'], { outputs: ['y'] });
  graph.node('second', 'Relu', ['y'], { outputs: ['z'] });
  graph.output('z');
  change(model, graph);
  return model;
}

function failure(model: OnnxModel): FtLensError {
  try {
    validateModel(model, 'model.onnx');
  } catch (error) {
    if (error instanceof FtLensError) return error;
    throw error;
  }
  throw new Error('the model passed');
}

function addBody(model: OnnxModel, nodes: { input: string[]; output: string[] }[], depth = 1): void {
  let graph = create(GraphProtoSchema, {
    node: nodes.map((node) => ({ ...node, opType: 'Relu' })),
    output: nodes.slice(-1).map(({ output }) => ({ name: output[0]! })),
  });
  for (let i = 1; i < depth; i++)
    graph = create(GraphProtoSchema, {
      node: [{ opType: 'If', attribute: [{ name: 'then_branch', type: Kind.GRAPH, g: graph }] }],
    });
  model.graph.node.push(
    create(NodeProtoSchema, {
      opType: 'If',
      input: ['x'],
      output: [`if ${model.graph.node.length}`],
      attribute: [{ name: 'then_branch', type: Kind.GRAPH, g: graph }],
    }),
  );
}

describe('validateModel', () => {
  it('accepts an initialiser that is also an input, and optional inputs left out', () => {
    const model = chain((_, graph) => {
      graph.input('w', DataType.FLOAT, [1]);
      graph.initializer('w', DataType.FLOAT, [1], { bytes: new Uint8Array(4) });
      graph.node('clip', 'Clip', ['y', '', 'w'], { outputs: ['clipped', ''] });
    });
    expect(() => validateModel(model, 'model.onnx')).not.toThrow();
  });

  it('accepts branches that read from around them and use the same names side by side', () => {
    const model = chain((changed) => {
      addBody(changed, [{ input: ['y'], output: ['inner'] }]);
      addBody(changed, [{ input: ['y'], output: ['inner'] }]);
    });
    expect(() => validateModel(model, 'model.onnx')).not.toThrow();
  });

  it.each<[string, string, (model: OnnxModel, graph: GraphBuilder) => void]>([
    ['a tensor made twice', 'made twice', (_, graph) => graph.node('again', 'Relu', ['x'], { outputs: ['y'] })],
    [
      'an output with the name of an input',
      'made twice',
      (_, graph) => graph.node('again', 'Relu', ['y'], { outputs: ['x'] }),
    ],
    ['an input listed twice', 'made twice', (_, graph) => graph.input('x', DataType.FLOAT, [2])],
    [
      'an initialiser given twice',
      'made twice',
      (model) => {
        const tensor = makeTensor('w', DataType.FLOAT, [1], { bytes: new Uint8Array(4) });
        model.graph.initializer.push(tensor, tensor);
      },
    ],
    ['nodes in the wrong order', 'nothing before it makes', (model) => model.graph.node.reverse()],
    ['a read of nothing', 'nothing before it makes', (_, graph) => graph.node('third', 'Relu', ['nowhere'])],
    [
      'a branch tensor read outside',
      'nothing before it makes',
      (model, graph) => {
        addBody(model, [{ input: ['y'], output: ['inner'] }]);
        graph.node('third', 'Relu', ['inner']);
      },
    ],
    ['an output that nothing makes', 'does not make one of its outputs', (_, graph) => graph.output('nowhere')],
    ['a loop', 'may never end', (_, graph) => graph.node('loop', 'Loop', ['x'])],
    ['an unknown operator set', 'does not know', (model) => (model.graph.node[0]!.domain = 'ai.example')],
    [
      'a name with a control character',
      'not usable',
      (_, graph) => graph.node('third', 'Relu', ['x'], { outputs: ['a\u001b[2J'] }),
    ],
    [
      'a very long name',
      'not usable',
      (_, graph) => graph.node('third', 'Relu', ['x'], { outputs: ['é'.repeat(513)] }),
    ],
    [
      'a tensor of nine dimensions',
      'too many dimensions',
      (_, graph) =>
        graph.initializer(
          'w',
          DataType.FLOAT,
          Array.from({ length: 9 }, () => 1),
          { bytes: new Uint8Array(4) },
        ),
    ],
    [
      'a negative dimension',
      'impossible shape',
      (_, graph) => graph.initializer('w', DataType.FLOAT, [-1], { bytes: new Uint8Array() }),
    ],
    [
      'dimensions whose product overflows',
      'impossible shape',
      (_, graph) => graph.initializer('w', DataType.FLOAT, [2 ** 40, 2 ** 40], { bytes: new Uint8Array() }),
    ],
    [
      'too many inputs of a node',
      'too many inputs',
      (_, graph) =>
        graph.node(
          'sum',
          'Sum',
          Array.from({ length: LIMITS.onnxNodeInputs + 1 }, () => 'x'),
        ),
    ],
    [
      'graphs nested too deeply',
      'too many levels',
      (model) => addBody(model, [{ input: ['x'], output: ['inner'] }], 9),
    ],
  ])('refuses %s', (_name, message, change) => {
    expect(failure(chain(change)).message).toContain(message);
  });

  it('names the node and the file', () => {
    const error = failure(chain((_, graph) => graph.node('third', 'Gelu', ['nowhere'])));
    expect(error.where).toBe('model.onnx, node third (Gelu)');
    expect(error.expected).toContain('nowhere');
    expect(error.exitCode).toBe(2);
  });
});

describe('model functions', () => {
  const withFunctions = (calls: Record<string, string[]>): OnnxModel =>
    chain((model) => {
      model.proto.functions = Object.entries(calls).map(([name, called]) =>
        create(FunctionProtoSchema, {
          domain: 'own',
          name,
          input: ['a'],
          node: called.map((opType, i) => ({ domain: 'own', opType, input: ['a'], output: [`${i}`] })),
        }),
      );
    });

  it('may call each other a little', () => {
    expect(() => validateModel(withFunctions({ outer: ['inner', 'inner'], inner: [] }), 'model.onnx')).not.toThrow();
  });

  it('may not call each other in a circle, or deeper than the runtime can inline', () => {
    const deep = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, [`f${i + 1}`, `f${i + 1}`]]));
    expect(failure(withFunctions(deep)).got).toContain('deeper');
    const circle = { f: Array.from({ length: 1000 }, () => 'g'), g: Array.from({ length: 1000 }, () => 'f') };
    expect(failure(withFunctions(circle)).got).toContain('circular');
  });

  it('may not become more nodes than a graph may have', () => {
    // 5 deep, 20 calls each: 20^5 nodes.
    const wide = Object.fromEntries(
      Array.from({ length: 5 }, (_, i) => [`f${i}`, Array.from({ length: 20 }, () => `f${i + 1}`)]),
    );
    expect(failure(withFunctions(wide)).got).toContain('more nodes');
    const narrow = Object.fromEntries(Object.entries(wide).map(([name, calls]) => [name, calls.slice(0, 10)]));
    expect(() => validateModel(withFunctions({ ...narrow, f5: [] }), 'model.onnx')).not.toThrow();
  });

  it('are counted where the graph or a branch of a function calls them', () => {
    const called = withFunctions({ leaf: Array.from({ length: 1001 }, () => 'Relu') });
    const node = { domain: 'own', opType: 'leaf', input: ['x'] };
    for (let i = 0; i < 1000; i++) called.graph.node.push(create(NodeProtoSchema, { ...node, output: [`leaf ${i}`] }));
    expect(failure(called).got).toContain('more nodes');

    const hidden = withFunctions({ outer: [], leaf: Array.from({ length: 1001 }, () => 'Relu') });
    const calls = Array.from({ length: 1000 }, () => ({ domain: 'own', opType: 'leaf' }));
    const body = create(GraphProtoSchema, { node: calls });
    hidden.proto.functions[0]!.node.push(
      create(NodeProtoSchema, { opType: 'If', attribute: [{ name: 'then_branch', type: Kind.GRAPH, g: body }] }),
    );
    expect(failure(hidden).got).toContain('more nodes');
  });

  it('are the only operators of their own domain', () => {
    expect(failure(withFunctions({ outer: ['missing'] })).got).toBe('missing of own');
  });

  const elsewhere = create(TensorProtoSchema, {
    name: 'w',
    dims: [1n],
    dataLocation: TensorProto_DataLocation.EXTERNAL,
  });
  const constant = { name: 'value', type: Kind.TENSOR, t: elsewhere };

  it('may not read other files: by a constant, a default value or a graph inside', () => {
    const body = create(GraphProtoSchema, { initializer: [elsewhere] });
    const inside = [
      create(NodeProtoSchema, { opType: 'Constant', output: ['c'], attribute: [constant] }),
      create(NodeProtoSchema, { opType: 'If', attribute: [{ name: 'then_branch', type: Kind.GRAPH, g: body }] }),
    ];
    for (const node of inside) {
      const model = withFunctions({ outer: [] });
      model.proto.functions[0]!.node = [node];
      expect(failure(model).message).toContain('in another file');
    }
    const model = withFunctions({ outer: [] });
    model.proto.functions[0]!.attributeProto = [create(AttributeProtoSchema, constant)];
    expect(failure(model).message).toContain('in another file');
  });

  it('may not be many', () => {
    const many = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, []]));
    expect(failure(withFunctions(many)).got).toBe('65');
  });
});
