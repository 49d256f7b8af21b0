import { isDeepStrictEqual } from 'node:util';
import type { OnnxModel } from '../../onnx/model.ts';
import { type ModelProto, type TensorProto, TensorProto_DataLocation } from '../../onnx/proto/onnx-ml_pb.ts';

/**
 * Whether two models compute the same with the tensors of their data files: equal nodes and equal constants inside the
 * graphs. Where a tensor stands in its data file does not matter, nor which program wrote the graph.
 */
export function sameGraph(a: OnnxModel, b: OnnxModel): boolean {
  return isDeepStrictEqual(computation(a), computation(b));
}

function computation({ proto, graph }: OnnxModel): ModelProto {
  const same = { ...graph, initializer: graph.initializer.map(withoutPlace) };
  return { ...proto, graph: same, producerName: '', producerVersion: '', docString: '' };
}

function withoutPlace(tensor: TensorProto): TensorProto {
  return tensor.dataLocation === TensorProto_DataLocation.EXTERNAL ? { ...tensor, externalData: [] } : tensor;
}
