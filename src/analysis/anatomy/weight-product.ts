import { intAttribute } from '../../onnx/attributes.ts';
import { constantShape, sourceInitializer } from '../../onnx/constant-shape.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';

/** A matrix product of activations with weights. */
export interface WeightProduct {
  readonly node: NodeProto;
  /** The activations going in. */
  readonly input: string;
  /** The initialiser that holds the weights. */
  readonly weight: string;
  readonly inputSize: number;
  readonly outputSize: number;
}

const PRODUCTS = new Set(['MatMul', 'FusedMatMul', 'Gemm']);
const QUANTIZED_PRODUCT = 'MatMulNBits';

export function isProduct(node: NodeProto): boolean {
  return PRODUCTS.has(node.opType) || node.opType === QUANTIZED_PRODUCT;
}

/** Reads a node as a product with weights; undefined for any other node, such as a product of two activations. */
export function weightProduct(
  index: GraphIndex,
  constants: ReadonlySet<string>,
  node: NodeProto,
): WeightProduct | undefined {
  const [input, right] = node.input;
  if (!isProduct(node) || input === undefined || right === undefined) return undefined;
  if (constants.has(input) || !constants.has(right)) return undefined;
  const weight = sourceInitializer(index, right);
  const size = node.opType === QUANTIZED_PRODUCT ? quantizedSize(node) : plainSize(index, node, right);
  return weight === undefined || size === undefined ? undefined : { node, input, weight, ...size };
}

interface ProductSize {
  readonly inputSize: number;
  readonly outputSize: number;
}

function quantizedSize(node: NodeProto): ProductSize | undefined {
  const inputSize = intAttribute(node, 'K');
  const outputSize = intAttribute(node, 'N');
  return inputSize === undefined || outputSize === undefined ? undefined : { inputSize, outputSize };
}

function plainSize(index: GraphIndex, node: NodeProto, right: string): ProductSize | undefined {
  const [rows, columns, ...rest] = constantShape(index, right) ?? [];
  if (rows === undefined || columns === undefined || rest.length > 0) return undefined;
  const transposed = intAttribute(node, 'transB') === 1;
  return transposed ? { inputSize: columns, outputSize: rows } : { inputSize: rows, outputSize: columns };
}
