import { describe, expect, it } from 'vitest';
import { type JoinedModel, joinModels } from '../../../src/analysis/surgery/join-models.ts';
import { intAttribute } from '../../../src/onnx/attributes.ts';
import { DataType, GraphBuilder, valueInfo } from '../../../src/onnx/graph-builder.ts';
import { emptyModel, type OnnxModel } from '../../../src/onnx/model.ts';
import { validateModel } from '../../../src/onnx/validate.ts';

/**
 *   x ─ project ─┬─ route ─ QMoE ─ y        two = Neg(one) is constant, and project reads it too
 *                └───────────┘
 */
function layer(opset = 21): OnnxModel {
  const model = emptyModel('layer', opset);
  const builder = new GraphBuilder(model);
  builder.input('x', DataType.FLOAT, [1, 'tokens', 4]);
  for (const name of ['projection', 'router', 'experts', 'scales'])
    builder.initializer(name, DataType.FLOAT, [4], { file: 'data', offset: 0, length: 16 });
  model.graph.input.push(valueInfo('experts', DataType.FLOAT, [4]));
  const two = builder.node('two', 'Neg', [builder.float(1)], { outputs: ['two'] });
  builder.node('project', 'MatMul', ['x', 'projection', two], { outputs: ['state'] });
  builder.node('route', 'MatMul', ['state', 'router'], { outputs: ['logits'] });
  builder.node('moe', 'QMoE', ['state', 'logits', 'experts', 'scales'], {
    domain: 'com.microsoft',
    attributes: { k: 2n },
    outputs: ['y'],
  });
  builder.output('y', DataType.FLOAT);
  return model;
}

/** Two models whose tensors hold the same but for some of them. */
function join(different: readonly string[], opset?: number): JoinedModel {
  const contents = (which: string) => (tensor: string) => (different.includes(tensor) ? [which] : ['same', which]);
  return joinModels([
    { name: 'a', model: layer(opset), contents: contents('of a') },
    { name: 'b', model: layer(opset), contents: contents('of b') },
  ]);
}

const nodes = ({ model }: JoinedModel) =>
  model.graph.node.map(({ opType, output }) => `${opType} ${output.join(', ')}`);
const weights = ({ model }: JoinedModel) => model.graph.initializer.map(({ name }) => name);

describe('joinModels', () => {
  it('makes one of two models that hold the same', () => {
    const joined = join([]);
    expect(nodes(joined)).toEqual(['Neg a:two', 'MatMul a:state', 'MatMul a:logits', 'QMoE a:y']);
    expect(joined.model.graph.output.map(({ name }) => name)).toEqual(['a:y']);
    expect([0, 1].map((part) => joined.nameOf(part, 'y'))).toEqual(['a:y', 'a:y']);
  });

  it('has twice what differs, and calls the same experts once for the tokens of both', () => {
    const joined = join(['projection']);
    expect(nodes(joined)).toEqual([
      'Neg a:two',
      'MatMul a:state',
      'MatMul b:state',
      'MatMul a:logits',
      'MatMul b:logits',
      'Concat ft_lens.together/a:y/rows_0/output',
      'Concat ft_lens.together/a:y/rows_1/output',
      'QMoE ft_lens.together/a:y/output',
      'Split a:y, b:y',
    ]);
    const call = joined.model.graph.node.find(({ opType }) => opType === 'QMoE')!;
    expect(call.input.slice(2)).toEqual(['a:experts', 'a:scales']);
    expect(intAttribute(call, 'k')).toBe(2);
    const [tokens, logits] = joined.model.graph.node.filter(({ opType }) => opType === 'Concat');
    expect([tokens?.input, logits?.input]).toEqual([
      ['a:state', 'b:state'],
      ['a:logits', 'b:logits'],
    ]);
    expect(weights(joined)).toEqual([
      'a:projection',
      'a:router',
      'a:experts',
      'a:scales',
      'a:/constants/float/1',
      'b:projection',
    ]);
    expect(joined.nameOf(1, 'experts')).toBe('a:experts');
    expect(joined.nameOf(1, 'projection')).toBe('b:projection');
  });

  it('goes on sharing where only the router differs: its tokens are the same, its choices are not', () => {
    const joined = join(['router']);
    const tokens = joined.model.graph.node.find(({ output }) => output[0] === 'ft_lens.together/a:y/rows_0/output');
    expect(tokens?.input).toEqual(['a:state', 'a:state']);
    expect(nodes(joined)).toContain('Split a:y, b:y');
  });

  it.each([['experts'], ['scales']])('calls experts apart when their %s differ', (different) => {
    const joined = join([different]);
    expect(nodes(joined)).toEqual(['Neg a:two', 'MatMul a:state', 'MatMul a:logits', 'QMoE a:y', 'QMoE b:y']);
    expect(joined.model.graph.output.map(({ name }) => name)).toEqual(['a:y', 'b:y']);
  });

  it('keeps inputs apart that are fed differently, and weights that may be replaced among the inputs', () => {
    const inputs = (different: string[]) => join(different).model.graph.input.map(({ name }) => name);
    expect(inputs(['projection'])).toEqual(['a:x', 'a:experts']);
    expect(inputs(['x', 'experts'])).toEqual(['a:x', 'a:experts', 'b:x', 'b:experts']);
  });

  it('makes a whole model, in topological order', () => {
    for (const different of [[], ['projection'], ['x', 'projection', 'router', 'experts', 'scales']])
      expect(() => validateModel(join(different).model, 'joined')).not.toThrow();
  });

  it.each([
    { opset: 17, count: undefined },
    { opset: 21, count: 2 },
  ])('splits in the way of operator set $opset', ({ opset, count }) => {
    const split = join(['projection'], opset).model.graph.node.at(-1)!;
    expect(intAttribute(split, 'num_outputs')).toBe(count);
  });

  it('joins more than two, and what the third shares with the second alone or through it with the first', () => {
    const of = (name: string, contents: (tensor: string) => string[]) => ({ name, model: layer(), contents });
    const { model, nameOf } = joinModels([
      of('a', (tensor) => (tensor === 'projection' ? ['p1'] : ['same'])),
      of('b', (tensor) => (tensor === 'projection' ? ['p2'] : ['same', 'also'])),
      of('c', (tensor) => (tensor === 'projection' ? ['p2'] : ['also'])),
    ]);
    expect(['projection', 'router', 'y'].map((tensor) => nameOf(2, tensor))).toEqual([
      'b:projection',
      'a:router',
      'b:y',
    ]);
    expect(() => validateModel({ ...model }, 'joined')).not.toThrow();
  });
});
