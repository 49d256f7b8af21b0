import { cloneModel, encodeModel, type OnnxModel } from '../../onnx/model.ts';
import { TensorProto_DataLocation } from '../../onnx/proto/onnx-ml_pb.ts';

/**
 * Whether two models compute the same with the tensors of their data files: equal nodes and equal constants inside the
 * graphs. Where a tensor stands in its data file does not matter, nor which program wrote the graph.
 */
export function sameGraph(a: OnnxModel, b: OnnxModel): boolean {
  return Buffer.compare(computation(a), computation(b)) === 0;
}

function computation(model: OnnxModel): Uint8Array {
  const copy = cloneModel(model);
  Object.assign(copy.proto, { producerName: '', producerVersion: '', docString: '' });
  for (const tensor of copy.graph.initializer) {
    if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) tensor.externalData = [];
  }
  return encodeModel(copy);
}
