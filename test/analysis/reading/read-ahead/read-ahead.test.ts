import { describe, expect, it } from 'vitest';
import { ReadAhead } from '../../../../src/analysis/reading/read-ahead/read-ahead.ts';
import type { ByteRange } from '../../../../src/analysis/reading/read-ahead/weight-ranges.ts';
import { DataType, GraphBuilder } from '../../../../src/onnx/graph-builder.ts';
import { emptyModel } from '../../../../src/onnx/model.ts';
import { partition, type Stage } from '../../../../src/onnx/partition.ts';

const EXPERTS = 4;
const places = new Map<string, ByteRange>([
  ['router', { file: 'data', offset: 0, length: 10 }],
  ['experts', { file: 'data', offset: 100, length: 40 }],
]);

/** A layer, cut after its router: x ─ router ─ QMoE ─ y */
function stages(): [Stage, Stage] {
  const model = emptyModel('layer', 21);
  const builder = new GraphBuilder(model);
  builder.input('x', DataType.FLOAT, [1]);
  for (const [name, dims] of [
    ['router', [5, 2]],
    ['experts', [EXPERTS, 5, 2]],
  ] as const)
    builder.initializer(name, DataType.UINT8, dims, { file: 'data', offset: 0, length: 1 });
  builder.node('route', 'MatMul', ['x', 'router'], { outputs: ['logits'] });
  builder.node('moe', 'QMoE', ['x', 'logits', 'experts'], { attributes: { k: 1n }, outputs: ['y'] });
  builder.output('y', DataType.FLOAT);
  return partition(model, [['logits']]) as [Stage, Stage];
}

/** @param routers logits of each model that runs @returns the offsets of what was read, in order */
async function run(tokens: number, ...routers: readonly (readonly number[])[]): Promise<number[][]> {
  const offsets: number[][] = [];
  const read = (ranges: readonly ByteRange[]) => {
    offsets.push(ranges.map(({ offset }) => offset));
    return Promise.resolve();
  };
  const ahead = new ReadAhead({ read }, places, tokens);
  const [first, second] = stages();
  await ahead.beforeLoad(first, second);
  await ahead.beforeRun(first, new Map());
  const values = routers.map((logits, i) => {
    const tensor = { dims: [logits.length / EXPERTS, EXPERTS], data: Float32Array.from(logits) };
    return [`logits${i || ''}`, { type: 'float32' as const, ...tensor }] as const;
  });
  await ahead.beforeLoad(second, undefined);
  await ahead.beforeRun({ ...second, receives: values.map(([name]) => name) }, new Map(values));
  return offsets;
}

describe('ReadAhead', () => {
  it('reads the experts that the router chose, once it has spoken', async () => {
    // Before the first stage its router; then the second's whole weights (none); then experts 1 and 3.
    expect(await run(2, [0, 9, 1, 2, 0, 1, 2, 9])).toEqual([[0], [], [], [110, 130]]);
  });

  it('reads what either of two models chose, each expert once', async () => {
    const chosen = await run(1, [9, 0, 0, 0], [0, 0, 0, 9]);
    expect(chosen.at(-1)).toEqual([100, 130]);
    expect((await run(1, [9, 0, 0, 0], [9, 0, 0, 0])).at(-1)).toEqual([100]);
  });

  it('reads all experts while the stage before runs, when every one of them will be wanted', async () => {
    const [, , ahead] = await run(4 * EXPERTS, [9, 0, 0, 0]);
    expect(ahead).toEqual([100]);
  });
});
