import { describe, expect, it } from 'vitest';
import { expertRanges, weightRanges } from '../../../../src/analysis/reading/read-ahead/weight-ranges.ts';
import { DataType, GraphBuilder } from '../../../../src/onnx/graph-builder.ts';
import { emptyModel } from '../../../../src/onnx/model.ts';

const place = (offset: number, length: number) => ({ file: 'data', offset, length });
const places = new Map([
  ['table', place(0, 1_000)],
  ['projection', place(1_000, 100)],
  ['experts', place(2_000, 400)],
]);

describe('weightRanges', () => {
  it('tells whole weights from stacks of experts, and leaves look-ups out', () => {
    const model = emptyModel('layer', 21);
    const builder = new GraphBuilder(model);
    const initializer = (name: string, dims: number[]) =>
      builder.initializer(name, DataType.UINT8, dims, { file: 'data', offset: 0, length: 1 });
    initializer('table', [100, 10]);
    initializer('projection', [10, 10]);
    initializer('experts', [4, 10, 10]);
    builder.node('lookup', 'Gather', ['table', 'ids']);
    builder.node('product', 'MatMul', ['lookup/output', 'projection']);
    builder.node('moe', 'QMoE', ['product/output', 'router', 'experts', '', '', 'experts'], {
      domain: 'com.microsoft',
      attributes: { k: 2n },
    });
    expect(weightRanges(model.graph, places)).toEqual({
      whole: [place(1_000, 100)],
      stacks: [{ ...place(2_000, 400), experts: 4, topK: 2 }],
    });
  });
});

describe('expertRanges', () => {
  const stack = { ...place(2_000, 400), experts: 4, topK: 2 };

  it('cuts experts out and joins neighbours', () => {
    expect(expertRanges(stack, [0, 2, 3])).toEqual([place(2_000, 100), place(2_200, 200)]);
    expect(expertRanges(stack, [])).toEqual([]);
    expect(expertRanges(stack, [0, 1, 2, 3])).toEqual([place(2_000, 400)]);
  });
});
