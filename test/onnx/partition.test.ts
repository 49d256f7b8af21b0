import { describe, expect, it } from 'vitest';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { emptyModel, type OnnxModel } from '../../src/onnx/model.ts';
import { partition, type Stage, stageModel } from '../../src/onnx/partition.ts';

/**
 *   x ─ a ─┬─ b ─┬─ c ─ y2
 *          │     └─ y1
 *          └───────── c          two = Neg(one) is made of initialisers alone; both b and c read it
 */
function chain(): OnnxModel {
  const model = emptyModel('chain', 21);
  const builder = new GraphBuilder(model);
  builder.input('x', DataType.FLOAT, [2]);
  const one = builder.float(1);
  const two = builder.node('two', 'Neg', [one], { outputs: ['two'] });
  builder.node('a', 'Abs', ['x'], { outputs: ['a'] });
  builder.node('b', 'Add', ['a', two], { outputs: ['b'] });
  builder.node('y1', 'Identity', ['b'], { outputs: ['y1'] });
  builder.node('c', 'Sum', ['a', 'b', two], { outputs: ['c'] });
  builder.node('y2', 'Identity', ['c'], { outputs: ['y2'] });
  builder.output('y1', DataType.FLOAT);
  builder.output('y2', DataType.FLOAT);
  return model;
}

const nodesOf = (stage: Stage | undefined) => stage?.graph.node.map(({ name }) => name);

describe('partition', () => {
  it('leaves a graph without boundaries whole', () => {
    const [stage, ...others] = partition(chain(), []);
    expect(others).toEqual([]);
    expect(nodesOf(stage)).toEqual(['two', 'a', 'b', 'y1', 'c', 'y2']);
    expect(stage).toMatchObject({ inputs: ['x'], receives: [], passes: [], outputs: ['y1', 'y2'] });
  });

  it('puts every node into one stage, and constants into every stage that reads them', () => {
    const stages = partition(chain(), [['a'], ['b']]);
    expect(stages.map(nodesOf)).toEqual([['a'], ['two', 'b'], ['two', 'y1', 'c', 'y2']]);
    expect(stages.map(({ graph }) => graph.initializer.length)).toEqual([0, 1, 1]);
  });

  it('names what crosses a boundary, also over a stage in between', () => {
    const stages = partition(chain(), [['a'], ['b']]);
    expect(stages.map(({ inputs, receives, passes, outputs }) => ({ inputs, receives, passes, outputs }))).toEqual([
      { inputs: ['x'], receives: [], passes: ['a'], outputs: [] },
      { inputs: [], receives: ['a'], passes: ['b'], outputs: [] },
      { inputs: [], receives: ['b', 'a'], passes: [], outputs: ['y1', 'y2'] },
    ]);
  });

  it('cuts after several tensors at once', () => {
    const stages = partition(chain(), [['a', 'b']]);
    expect(stages.map(nodesOf)).toEqual([['a'], ['two', 'b', 'y1', 'c', 'y2']]);
    // What depends on either waits for both.
    expect(partition(chain(), [['b', 'a'], ['c']]).map(nodesOf)).toEqual([['a'], ['two', 'b', 'y1', 'c'], ['y2']]);
  });

  it('describes what a stage receives by what it turned out to be', () => {
    const model = chain();
    const stage = partition(model, [['a'], ['b']])[1] as Stage;
    const computed = { elementType: DataType.FLOAT, dims: [2] };
    const { graph } = stageModel(model, stage, new Map([['a', computed]]));
    expect(graph.input.map(({ name }) => name)).toEqual(['a']);
    expect(graph.input[0]?.type?.value).toMatchObject({ value: { elemType: DataType.FLOAT } });
    expect(graph.output.map(({ name }) => name)).toEqual(['b']);
    expect(() => stageModel(model, stage, new Map())).toThrow('Tensor a was not computed.');
  });
});
