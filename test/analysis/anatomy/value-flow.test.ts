import { describe, expect, it } from 'vitest';
import { traceValueFlow } from '../../../src/analysis/anatomy/value-flow.ts';
import { DataType, GraphBuilder } from '../../../src/onnx/graph-builder.ts';
import { indexGraph } from '../../../src/onnx/graph-index.ts';
import { emptyModel } from '../../../src/onnx/model.ts';

/** One letter a node: `c: 'ab'` reads the outputs of a and b. A capital letter is a Shape. */
function flow(nodes: Record<string, string>, source: string, target: string) {
  const model = emptyModel('test', 21);
  const graph = new GraphBuilder(model);
  graph.input('x', DataType.FLOAT, ['n']);
  for (const [name, inputs] of Object.entries(nodes)) {
    const opType = name === name.toUpperCase() ? 'Shape' : 'Relu';
    graph.node(name, opType, [...inputs], { outputs: [name] });
  }
  const index = indexGraph(model.graph);
  return traceValueFlow(index, index.producers.get(source)!, target);
}

describe('traceValueFlow', () => {
  // a ─┬─ b ── c ─┬─ e ─┬─ f ── h
  //    └──── d ───┘     └─ g ──┘ (g reads e, h reads f and g)
  const diamond = { a: 'x', b: 'a', c: 'b', d: 'a', e: 'cd', f: 'e', g: 'e', h: 'fg' };

  it('gives the chain that every path runs through', () => {
    expect(flow(diamond, 'a', 'h')?.chain.map(({ name }) => name)).toEqual(['a', 'e', 'h']);
  });

  it('gives each node its nearest dominator', () => {
    const traced = flow(diamond, 'a', 'h')!;
    const dominators = Object.fromEntries(traced.nodes.map((node) => [node.name, traced.dominator(node)?.name]));
    expect(dominators).toEqual({ a: undefined, b: 'a', c: 'b', d: 'a', e: 'a', f: 'e', g: 'e', h: 'e' });
  });

  it('leaves out what the target does not need and what the source does not reach', () => {
    const traced = flow({ ...diamond, u: 'x', i: 'hu', v: 'e' }, 'a', 'i')!;
    expect(traced.nodes.map(({ name }) => name)).toEqual([...'abcdefgh', 'i']);
    expect(traced.dataInputs(traced.nodes.at(-1)!)).toEqual(['h']);
  });

  it('does not follow shapes', () => {
    // S reads the shape of a; k needs it and b
    expect(flow({ a: 'x', S: 'a', b: 'a', c: 'b', d: 'b', k: 'Scd' }, 'a', 'k')?.chain.map(({ name }) => name)).toEqual(
      ['a', 'b', 'k'],
    );
    expect(flow({ a: 'x', S: 'a', k: 'Sx' }, 'a', 'k')).toBeUndefined();
  });

  it('takes a long graph without recursion', () => {
    const long = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`n${i}`, i === 0 ? 'x' : '']));
    const model = emptyModel('long', 21);
    const graph = new GraphBuilder(model);
    Object.keys(long).forEach((name, i) =>
      graph.node(name, 'Relu', [i === 0 ? 'x' : `n${i - 1}`], { outputs: [name] }),
    );
    const index = indexGraph(model.graph);
    expect(traceValueFlow(index, model.graph.node[0]!, 'n99999')?.chain).toHaveLength(100_000);
  });
});
