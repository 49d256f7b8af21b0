import { DataType } from '../../onnx/graph-builder.ts';
import type { TensorType, TensorValue } from './protocol.ts';

const ELEMENT_TYPES: Readonly<Record<TensorType, DataType>> = {
  float32: DataType.FLOAT,
  float64: DataType.DOUBLE,
  float16: DataType.FLOAT16,
  int32: DataType.INT32,
  int64: DataType.INT64,
  uint8: DataType.UINT8,
  bool: DataType.BOOL,
};

/** ONNX's number of a type. */
export function elementTypeOf(type: TensorType): DataType {
  return ELEMENT_TYPES[type];
}

export function int64Tensor(values: readonly number[], dims: readonly number[] = [values.length]): TensorValue {
  return { type: 'int64', dims, data: BigInt64Array.from(values, BigInt) };
}

export function intTensor(type: 'int32' | 'int64', values: readonly number[], dims: readonly number[]): TensorValue {
  return type === 'int64' ? int64Tensor(values, dims) : { type, dims, data: Int32Array.from(values) };
}

export function floatTensor(data: Float32Array, dims: readonly number[]): TensorValue {
  return { type: 'float32', dims, data };
}

export function zeroTensor(type: 'float16' | 'float32', dims: readonly number[]): TensorValue {
  const length = dims.reduce((a, b) => a * b, 1);
  return { type, dims, data: type === 'float16' ? new Uint16Array(length) : new Float32Array(length) };
}
