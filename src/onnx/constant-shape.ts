import { constantIntegers } from './constants.ts';
import type { GraphIndex } from './graph-index.ts';
import type { NodeProto } from './model.ts';

/** The shape of a tensor made from an initialiser by operators that only retype or rearrange it. */
export function constantShape(index: GraphIndex, name: string): readonly number[] | undefined {
  const steps: NodeProto[] = [];
  let tensor = name;
  for (let node = index.producers.get(tensor); node; node = index.producers.get(tensor)) {
    steps.push(node);
    tensor = node.input[0] ?? '';
  }
  const source = index.initializers.get(tensor)?.dims.map(Number);
  return steps.reduceRight<readonly number[] | undefined>(
    (shape, node) => shape && shapeAfter(index, node, shape),
    source,
  );
}

function shapeAfter(index: GraphIndex, node: NodeProto, shape: readonly number[]): readonly number[] | undefined {
  switch (node.opType) {
    case 'Cast':
    case 'Identity':
    case 'DequantizeLinear':
      return shape;
    case 'Transpose': {
      const order = node.attribute.find((attribute) => attribute.name === 'perm')?.ints.map(Number);
      return order ? order.map((axis) => shape[axis] ?? 0) : shape.toReversed();
    }
    case 'Reshape': {
      const wanted = constantIntegers(index, node.input[1] ?? '');
      return wanted && reshaped(shape, wanted);
    }
    default:
      return undefined;
  }
}

/** ONNX Reshape: 0 keeps a dimension, one -1 takes the rest. */
function reshaped(shape: readonly number[], wanted: readonly number[]): readonly number[] {
  const dims = wanted.map((dim, axis) => (dim === 0 ? (shape[axis] ?? 0) : dim));
  const known = product(dims.filter((dim) => dim !== -1));
  return dims.map((dim) => (dim === -1 ? product(shape) / known : dim));
}

function product(values: readonly number[]): number {
  return values.reduce((result, value) => result * value, 1);
}

/** The initialiser that a constant tensor is made from: the first one going back along first inputs. */
export function sourceInitializer(index: GraphIndex, name: string): string | undefined {
  for (let tensor: string | undefined = name; tensor; tensor = index.producers.get(tensor)?.input[0]) {
    if (index.initializers.has(tensor)) return tensor;
  }
  return undefined;
}
