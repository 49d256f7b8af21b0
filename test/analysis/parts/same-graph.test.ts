import { expect, it } from 'vitest';
import { sameGraph } from '../../../src/analysis/parts/same-graph.ts';
import { cloneModel, type OnnxModel } from '../../../src/onnx/model.ts';
import { TensorProto_DataLocation } from '../../../src/onnx/proto/onnx-ml_pb.ts';
import { syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

function changed(change: (model: OnnxModel) => void): OnnxModel {
  const copy = cloneModel(syntheticDecoder());
  change(copy);
  return copy;
}

/** A model whose first tensor stands in a file. */
const external = (location: string) =>
  changed(({ graph }) => {
    const [tensor] = graph.initializer;
    Object.assign(tensor!, { rawData: new Uint8Array(), dataLocation: TensorProto_DataLocation.EXTERNAL });
    tensor!.externalData = [{ $typeName: 'onnx.StringStringEntryProto', key: 'location', value: location }];
  });

it('takes a graph for the same wherever its tensors stand and whoever wrote it', () => {
  expect(sameGraph(syntheticDecoder(), syntheticDecoder())).toBe(true);
  expect(sameGraph(external('model.onnx_data'), external('model.onnx_data_1'))).toBe(true);
  const other = changed(({ proto }) => Object.assign(proto, { producerName: 'someone', producerVersion: '2' }));
  expect(sameGraph(syntheticDecoder(), other)).toBe(true);
});

it('sees another node, another attribute, and another constant inside the graph', () => {
  const base = syntheticDecoder();
  expect(sameGraph(base, syntheticDecoder({ norms: 'fused' }))).toBe(false);
  expect(sameGraph(base, syntheticDecoder({ layers: 3 }))).toBe(false);
  const constant = changed(({ graph }) => {
    const tensor = graph.initializer.find(({ rawData }) => rawData.length > 0)!;
    tensor.rawData = tensor.rawData.map((byte, i) => (i === 0 ? byte ^ 1 : byte));
  });
  expect(sameGraph(base, constant)).toBe(false);
});

it('does not change the models', () => {
  const model = external('model.onnx_data');
  sameGraph(model, model);
  expect(model.graph.initializer[0]?.externalData).toHaveLength(1);
});
