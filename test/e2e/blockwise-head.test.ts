import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { DecoderAnatomy } from '../../src/analysis/anatomy/types.ts';
import { multiplyHeadInBlocks } from '../../src/analysis/surgery/blockwise-head.ts';
import { joinModels } from '../../src/analysis/surgery/join-models.ts';
import { DataType, GraphBuilder } from '../../src/onnx/graph-builder.ts';
import { cloneModel, emptyModel, encodeModel, type OnnxModel } from '../../src/onnx/model.ts';

const HIDDEN = 8;
const anatomy = { head: { weight: 'head' } } as DecoderAnatomy;

const bitsOf = (i: number) => 1024 + ((i * 7919) % (15 * 1024));
const halfOf = (bits: number) => (1 + (bits % 1024) / 1024) * 2 ** (Math.floor(bits / 1024) - 15);
const inputOf = (i: number) => Math.fround(Math.sin(i));

/** logits = x · headᵀ with an f16 head. @param scale another factor of the product */
function headModel(rows: number, scale?: number): OnnxModel {
  const model = emptyModel('head', 21);
  const builder = new GraphBuilder(model);
  builder.input('x', DataType.FLOAT, ['rows', HIDDEN]);
  // Bit patterns of halves between 2^-14 and 2: exponents 1 to 15, every fraction.
  const halves = Uint16Array.from({ length: rows * HIDDEN }, (_, i) => bitsOf(i));
  // As mapWeights lists it: else ONNX Runtime repacks the whole head, and sums in another order.
  builder.input('head', DataType.FLOAT16, [rows, HIDDEN]);
  builder.initializer('head', DataType.FLOAT16, [rows, HIDDEN], { bytes: new Uint8Array(halves.buffer) });
  builder.node('cast', 'Cast', ['head'], { attributes: { to: BigInt(DataType.FLOAT) }, outputs: ['matrix'] });
  const attributes = { transB: 1n, ...(scale !== undefined && { alpha: scale }) };
  builder.node('product', 'Gemm', ['x', 'matrix'], { attributes, outputs: ['logits'] });
  builder.output('logits', DataType.FLOAT);
  return model;
}

async function logits(model: OnnxModel, inputRows: number): Promise<Float32Array> {
  const session = await InferenceSession.create(encodeModel(model), {
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
  });
  const x = Float32Array.from({ length: inputRows * HIDDEN }, (_, i) => inputOf(i));
  const results = await session.run({ x: new Tensor('float32', x, [inputRows, HIDDEN]) });
  await session.release();
  return results['logits']?.data as Float32Array;
}

describe('multiplyHeadInBlocks', () => {
  it.each([
    { rows: 48, what: 'whole blocks' },
    { rows: 50, what: 'whole blocks and a rest' },
    { rows: 17, what: 'one block and a rest of one row' },
  ])('gives the same logits, number by number: $what', async ({ rows }) => {
    const whole = headModel(rows);
    const split = cloneModel(whole);
    multiplyHeadInBlocks(split, anatomy, 16 * HIDDEN);
    expect(split.graph.node.map(({ opType }) => opType)).toContain('Loop');
    for (const inputRows of [1, 3, 40]) {
      const actual = await logits(split, inputRows);
      expect(actual).toEqual(await logits(whole, inputRows));
      // Eight products of at most 2, summed in f32.
      actual.forEach((value, place) => {
        const [row, token] = [Math.floor(place / rows), place % rows];
        let sum = 0;
        for (let i = 0; i < HIDDEN; i += 1) sum += inputOf(row * HIDDEN + i) * halfOf(bitsOf(token * HIDDEN + i));
        expect(Math.abs(value - sum)).toBeLessThan(1e-6);
      });
    }
  });

  it.each([
    { name: 'a head of one block', model: headModel(16) },
    { name: 'a product that does more', model: headModel(50, 2) },
  ])('leaves $name as it is', ({ model }) => {
    const before = encodeModel(model);
    multiplyHeadInBlocks(model, anatomy, 16 * HIDDEN);
    expect(encodeModel(model)).toEqual(before);
  });

  it('goes through the head once for the rows of two models', async () => {
    const split = headModel(50);
    multiplyHeadInBlocks(split, anatomy, 16 * HIDDEN);
    const part = (name: string) => ({
      name,
      model: split,
      contents: (tensor: string) => [tensor === 'x' ? `rows of ${name}` : 'the same'],
    });
    const { model } = joinModels([part('a'), part('b')]);
    expect(model.graph.node.filter(({ opType }) => opType === 'Loop')).toHaveLength(1);
    const session = await InferenceSession.create(encodeModel(model), { logSeverityLevel: 3 });
    const rowsFrom = (start: number) => Float32Array.from({ length: 3 * HIDDEN }, (_, i) => inputOf(start + i));
    const tensor = (start: number) => new Tensor('float32', rowsFrom(start), [3, HIDDEN]);
    const results = await session.run({ 'a:x': tensor(0), 'b:x': tensor(3 * HIDDEN) });
    await session.release();
    const both = await logits(split, 6);
    expect(results['a:logits']?.data).toEqual(both.subarray(0, 3 * 50));
    expect(results['b:logits']?.data).toEqual(both.subarray(3 * 50));
  });
});
