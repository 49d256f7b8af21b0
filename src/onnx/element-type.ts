import { intAttribute } from './attributes.ts';
import { DataType } from './graph-builder.ts';
import type { GraphIndex } from './graph-index.ts';
import type { NodeProto, ValueInfoProto } from './proto/onnx-ml_pb.ts';

/** Which input an operator's result takes its element type from, where that is not the first. */
const TYPED_BY: ReadonlyMap<string, number> = new Map([
  ['Where', 1],
  ['DequantizeLinear', 1],
  ['GatherBlockQuantized', 2],
]);

/** The element type of a floating-point tensor, found by walking back through the operators that keep it. */
export function elementType(index: GraphIndex, name: string): DataType | undefined {
  const described = new Map<string, ValueInfoProto>(
    [...index.graph.valueInfo, ...index.graph.input, ...index.graph.output].map((info) => [info.name, info]),
  );
  for (let tensor: string | undefined = name; tensor;) {
    const initializer = index.initializers.get(tensor);
    if (initializer) return initializer.dataType;
    const type = described.get(tensor)?.type?.value;
    if (type?.case === 'tensorType' && type.value.elemType !== DataType.UNDEFINED) return type.value.elemType;
    const node = index.producers.get(tensor);
    if (node === undefined) return undefined;
    const stated = statedType(node);
    if (stated !== undefined) return stated;
    tensor = node.input[TYPED_BY.get(node.opType) ?? 0];
  }
  return undefined;
}

function statedType(node: NodeProto): DataType | undefined {
  if (node.opType === 'Cast') {
    const type = intAttribute(node, 'to');
    return type !== undefined && ELEMENT_BITS.has(type) ? type : undefined;
  }
  if (node.opType === 'Constant') return node.attribute.find(({ name }) => name === 'value')?.t?.dataType;
  return undefined;
}

/** Bits of one element; undefined for strings and unknown types. */
export function bitsPerElement(type: DataType): number | undefined {
  return ELEMENT_BITS.get(type);
}

const ELEMENT_BITS: ReadonlyMap<DataType, number> = new Map([
  [DataType.FLOAT, 32],
  [DataType.UINT8, 8],
  [DataType.INT8, 8],
  [DataType.UINT16, 16],
  [DataType.INT16, 16],
  [DataType.INT32, 32],
  [DataType.INT64, 64],
  [DataType.BOOL, 8],
  [DataType.FLOAT16, 16],
  [DataType.DOUBLE, 64],
  [DataType.UINT32, 32],
  [DataType.UINT64, 64],
  [DataType.COMPLEX64, 64],
  [DataType.COMPLEX128, 128],
  [DataType.BFLOAT16, 16],
  [DataType.FLOAT8E4M3FN, 8],
  [DataType.FLOAT8E4M3FNUZ, 8],
  [DataType.FLOAT8E5M2, 8],
  [DataType.FLOAT8E5M2FNUZ, 8],
  [DataType.UINT4, 4],
  [DataType.INT4, 4],
  [DataType.FLOAT4E2M1, 4],
]);
