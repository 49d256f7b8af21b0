import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import { checkGeneration, runsInF32 } from '../../../src/analysis/checks/generation-checks.ts';
import type { Generation, ReadContinuation } from '../../../src/analysis/generate/generate.ts';
import { DataType } from '../../../src/onnx/graph-builder.ts';
import type { OnnxModel } from '../../../src/onnx/model.ts';
import { setAttribute } from '../../../src/onnx/attributes.ts';
import { type SyntheticForm, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

/** Probabilities with which a continuation was written, and those with which it was read, and the ranks. */
interface Read {
  readonly written: readonly number[];
  readonly read: readonly number[];
  readonly ranks?: readonly number[];
}

function generationOf({ base, ft }: { base: Read; ft?: Read }, both = false): Generation {
  const continuation = ({ written }: Read) => ({
    tokens: written.map((probability, id) => ({ id, probability })),
    stoppedBy: 'length' as const,
  });
  const chosen = ({ read, ranks = [] }: Read) => ({ chosen: read.map((prob, i) => ({ prob, rank: ranks[i] ?? 1 })) });
  const readings = { base: chosen(base), ...(ft && { ft: chosen(ft) }) } as unknown as ReadContinuation['readings'];
  const timing = { loadMs: 0, writeMs: 0 };
  return {
    requested: 2,
    writings: [
      { side: 'base', continuation: continuation(base), timing },
      ...(ft ? [{ side: 'ft' as const, continuation: continuation(ft), timing }] : []),
    ],
    continuations: [
      { by: both ? 'both' : 'base', continuation: continuation(base), readings },
      ...(ft && !both ? [{ by: 'ft' as const, continuation: continuation(ft), readings }] : []),
    ],
  };
}

const good = { written: [0.5, 0.25], read: [0.5, 0.250_001] };
const bad = { written: [0.5, 0.9, 0.8], read: [0.5, 1e-4, 1e-5], ranks: [1, 90, 400] };

const F32 = { inF32: true };

describe('checkGeneration', () => {
  it('passes where both ways give the same probabilities', () => {
    const check = checkGeneration('base', generationOf({ base: good }), F32);
    expect(check).toMatchObject({ id: 'cache-agrees-with-whole-pass', model: 'base', status: 'pass' });
    expect(check?.value).toBeCloseTo(1e-6, 9);
  });

  it('passes what f16 on a graphics card does', () => {
    const generation = generationOf({ base: { written: [0.5, 0.5], read: [0.53, 0.5], ranks: [2, 1] } });
    expect(checkGeneration('base', generation, { inF32: false })).toMatchObject({ status: 'pass', limit: 0.1 });
    expect(checkGeneration('base', generation, F32)).toMatchObject({ status: 'warn', limit: 1e-3 });
  });

  it('fails where most tokens would not have been written in one pass, for that model alone', () => {
    const generation = generationOf({ base: good, ft: bad });
    expect(checkGeneration('base', generation, F32)).toMatchObject({ status: 'pass' });
    const check = checkGeneration('ft', generation, F32);
    expect(check).toMatchObject({ model: 'ft', status: 'fail', message: expect.stringContaining('1 of 3 are first') });
    expect(check?.value).toBeCloseTo(0.8999);
  });

  it('warns where they would, though with other probabilities', () => {
    const chaotic = { written: [0.5, 0.4, 0.3], read: [0.5, 0.2, 0.3], ranks: [1, 1, 2] };
    expect(checkGeneration('base', generationOf({ base: chaotic }), F32)).toMatchObject({
      status: 'warn',
      message: expect.stringContaining('2 of 3 are first both ways. Rounding'),
    });
  });

  it('takes what each model wrote, also where both wrote the same', () => {
    const generation = generationOf({ base: good, ft: { written: [0.9, 0.8], read: [0.9, 0.8] } }, true);
    expect(checkGeneration('ft', generation, F32)).toMatchObject({ status: 'pass', value: 0 });
  });

  it('has nothing to say of a model that wrote nothing', () => {
    expect(checkGeneration('ft', generationOf({ base: good }), F32)).toBeUndefined();
    expect(checkGeneration('floor', generationOf({ base: good }, true), F32)).toBeUndefined();
  });
});

describe('runsInF32', () => {
  const open = (form: SyntheticForm = {}, change: (model: OnnxModel) => void = () => undefined) => {
    const model = syntheticDecoder(form);
    change(model);
    return { model, anatomy: findAnatomy(model, { where: 'model.onnx' }) };
  };
  const products = (attributes: Record<string, bigint>) => (model: OnnxModel) => {
    for (const node of model.graph.node.filter(({ opType }) => opType === 'MatMulNBits'))
      for (const [name, value] of Object.entries(attributes)) setAttribute(node, name, value);
  };

  it('holds on the CPU for a model without f16', () => {
    expect(runsInF32('cpu', open())).toBe(true);
    expect(runsInF32('cuda', open())).toBe(false);
    expect(runsInF32('cpu', open({ stream: DataType.FLOAT16 }))).toBe(false);
  });

  it('does not hold where 8-bit products round what goes in; 4-bit ones are made exact', () => {
    expect(runsInF32('cpu', open({ head: 'quantized' }, products({ accuracy_level: 4n })))).toBe(true);
    expect(runsInF32('cpu', open({ head: 'quantized' }, products({ accuracy_level: 4n, bits: 8n })))).toBe(false);
  });
});
