import type { GraphIndex } from './graph-index.ts';
import { DataType } from './graph-builder.ts';
import type { TensorProto } from './proto/onnx-ml_pb.ts';

/** The value of a constant integer tensor; undefined when it is computed, large, or of another type. */
export function constantIntegers(index: GraphIndex, name: string): readonly number[] | undefined {
  const initializer = index.initializers.get(name);
  if (initializer) return integersOf(initializer);
  const node = index.producers.get(name);
  if (node?.opType !== 'Constant') return undefined;
  const [attribute] = node.attribute;
  switch (attribute?.name) {
    case 'value':
      return attribute.t && integersOf(attribute.t);
    case 'value_int':
      return [Number(attribute.i)];
    case 'value_ints':
      return attribute.ints.map(Number);
    default:
      return undefined;
  }
}

function integersOf(tensor: TensorProto): readonly number[] | undefined {
  if (tensor.externalData.length > 0) return undefined;
  const { rawData } = tensor;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  if (tensor.dataType === DataType.INT64) {
    if (rawData.length === 0) return tensor.int64Data.map(Number);
    return Array.from({ length: Math.floor(rawData.length / 8) }, (_, i) => Number(view.getBigInt64(i * 8, true)));
  }
  if (tensor.dataType === DataType.INT32) {
    if (rawData.length === 0) return tensor.int32Data;
    return Array.from({ length: Math.floor(rawData.length / 4) }, (_, i) => view.getInt32(i * 4, true));
  }
  return undefined;
}
