import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { GraphBuilder, valueInfo } from '../../src/onnx/graph-builder.ts';
import { emptyModel } from '../../src/onnx/model.ts';
import { GraphProtoSchema } from '../../src/onnx/proto/onnx-ml_pb.ts';
import { renameTensors } from '../../src/onnx/rename-tensors.ts';
import { bodies } from '../../src/onnx/sub-graphs.ts';

const names = { around: (name: string) => `around ${name}`, inside: (name: string) => `inside ${name}` };

it('renames what a node reads and makes, and leaves out what is left out', () => {
  const model = emptyModel('one', 21);
  new GraphBuilder(model).node('n', 'Clip', ['x', '', 'most'], { outputs: ['y'] });
  const [node] = model.graph.node;
  expect(renameTensors(node!, names)).toMatchObject({
    opType: 'Clip',
    input: ['around x', '', 'around most'],
    output: ['around y'],
  });
  expect(node?.input).toEqual(['x', '', 'most']);
});

it('knows in a graph inside a node what belongs to that graph and what comes from around it', () => {
  const body = create(GraphProtoSchema, { name: 'body', input: [valueInfo('i')], output: [valueInfo('sum')] });
  const inner = new GraphBuilder({ graph: body });
  inner.node('add', 'Add', ['i', 'x'], { outputs: ['sum'] });
  const model = emptyModel('outer', 21);
  new GraphBuilder(model).node('loop', 'Loop', ['n'], { attributes: { body }, outputs: ['y'] });
  const renamed = renameTensors(model.graph.node[0]!, names);
  expect(renamed.input).toEqual(['around n']);
  const [graph] = bodies(renamed);
  expect(graph?.input.map(({ name }) => name)).toEqual(['inside i']);
  expect(graph?.output.map(({ name }) => name)).toEqual(['inside sum']);
  expect(graph?.node[0]).toMatchObject({ input: ['inside i', 'around x'], output: ['inside sum'] });
  expect(body.node[0]?.input).toEqual(['i', 'x']);
});
