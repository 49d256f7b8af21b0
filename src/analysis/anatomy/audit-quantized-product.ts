import { intAttribute } from '../../onnx/attributes.ts';
import { constantShape } from '../../onnx/constant-shape.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';
import type { Fault } from './fault.ts';

const BITS = new Set([2, 4, 8]);
const SMALLEST_BLOCK = 16;
const LARGEST_BLOCK = 2 ** 16;

/**
 * com.microsoft MatMulNBits: B [N, blocks, bytes of a block], scales and zero points one per block of a row, where
 * blocks = ⌈K / block⌉. Zero points are packed as tightly as B, row by row, or unpacked in the type of the scales.
 */
export function auditQuantizedProduct(index: GraphIndex, node: NodeProto): Fault | undefined {
  const [k, n, bits, block] = ['K', 'N', 'bits', 'block_size'].map((name) => intAttribute(node, name));
  const stated = `K ${k}, N ${n}, bits ${bits ?? 4}, block_size ${block}`;
  if (!isSize(k) || !isSize(n) || !BITS.has(bits ?? 4) || !isBlock(block))
    return { expected: 'K and N, 2, 4 or 8 bits, and a block size that is a power of two from 16', got: stated };
  const blocks = Math.ceil(k / block);
  const bytes = (block * (bits ?? 4)) / 8;
  const [, weights, scales, zeroPoints] = node.input;

  const fault =
    wrongShape(index, weights, [[n, blocks, bytes]], stated) ?? wrongCount(index, scales, n * blocks, stated);
  if (fault || !zeroPoints) return fault;
  const packed = index.initializers.get(zeroPoints)?.dataType === DataType.UINT8;
  return wrongCount(index, zeroPoints, packed ? n * Math.ceil((blocks * (bits ?? 4)) / 8) : n * blocks, stated);
}

/** A fault when a constant tensor has none of the allowed shapes; a computed one is checked by the runtime. */
export function wrongShape(
  index: GraphIndex,
  name: string | undefined,
  allowed: readonly (readonly number[])[],
  stated: string,
): Fault | undefined {
  if (!name) return { expected: `all weights and scales for ${stated}`, got: 'a missing input' };
  const shape = constantShape(index, name);
  const fits =
    shape === undefined ||
    allowed.some((dims) => dims.length === shape.length && dims.every((dim, i) => dim === shape[i]));
  return fits
    ? undefined
    : {
        expected: `${name} ${allowed.map((dims) => `[${dims.join(', ')}]`).join(' or ')} for ${stated}`,
        got: `[${shape.join(', ')}]`,
      };
}

function wrongCount(index: GraphIndex, name: string | undefined, count: number, stated: string): Fault | undefined {
  if (!name) return { expected: `all weights and scales for ${stated}`, got: 'a missing input' };
  const shape = constantShape(index, name);
  const elements = shape?.reduce((product, size) => product * size, 1) ?? count;
  return elements === count
    ? undefined
    : { expected: `${count} elements in ${name} for ${stated}`, got: `${elements}` };
}

function isSize(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value > 0;
}

export function isBlock(value: number | undefined): value is number {
  return value !== undefined && value >= SMALLEST_BLOCK && value <= LARGEST_BLOCK && Number.isInteger(Math.log2(value));
}
