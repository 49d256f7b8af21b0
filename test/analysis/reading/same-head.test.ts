import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import type { OpenModel } from '../../../src/analysis/model/open-model.ts';
import { haveSameHead, sharedHeads } from '../../../src/analysis/reading/same-head.ts';
import type { OnnxModel } from '../../../src/onnx/model.ts';
import { DataType } from '../../../src/onnx/graph-builder.ts';
import { SIZES, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

/** A model whose weights all stand inside its graph. */
function open(change: (model: OnnxModel) => void = () => undefined): OpenModel {
  const model = syntheticDecoder({ head: 'plain' });
  change(model);
  const anatomy = findAnatomy(model, { where: 'model.onnx' });
  return { file: 'model.onnx', model, anatomy, manifest: undefined, dataFiles: new Map() } as unknown as OpenModel;
}

/** The weight of the final norm, with its numbers in a field of their own instead of bytes. */
function withFinalNorm(weight: number): OpenModel {
  return open(({ graph }) => {
    const vectors = graph.initializer.filter(
      ({ dims, dataType }) => dims.join() === String(SIZES.hidden) && dataType === DataType.FLOAT,
    );
    const finalNorm = vectors.at(-1)!;
    finalNorm.rawData = new Uint8Array();
    finalNorm.floatData = Array.from({ length: SIZES.hidden }, () => weight);
  });
}

describe('haveSameHead', () => {
  it('compares weights inside the graph, in whichever field their numbers stand', () => {
    expect(haveSameHead(open(), open())).toBe(true);
    expect(haveSameHead(withFinalNorm(1), withFinalNorm(1))).toBe(true);
    expect(haveSameHead(withFinalNorm(1), withFinalNorm(2))).toBe(false);
  });
});

it('groups models by their heads', () => {
  const [a, b, c] = [withFinalNorm(1), withFinalNorm(2), withFinalNorm(1)].map((model, name) => ({ model, name }));
  expect(sharedHeads([a!, b!, c!]).map((group) => group.map(({ name }) => name))).toEqual([[0, 2], [1]]);
});
