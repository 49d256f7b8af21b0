import { LIMITS } from '../../limits.ts';
import { intAttribute, stringAttribute } from '../../onnx/attributes.ts';
import { constantShape } from '../../onnx/constant-shape.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';
import { isBlock, wrongShape } from './audit-quantized-product.ts';
import type { Fault } from './fault.ts';

const BITS = new Set([2, 4, 8]);

/**
 * com.microsoft QMoE: fc1 [E, F, H·bits/8], fc2 [E, H, I·bits/8] where F is 2·I when gate and up projection are fused,
 * and I otherwise. Scales one per block of a row, or one per row.
 */
export function auditExperts(index: GraphIndex, node: NodeProto): Fault | undefined {
  if ((stringAttribute(node, 'quant_type') ?? 'int') !== 'int')
    return { expected: 'experts quantised to integers', got: stringAttribute(node, 'quant_type') ?? '' };
  const k = intAttribute(node, 'k') ?? 1;
  const bits = intAttribute(node, 'expert_weight_bits') ?? 4;
  const block = intAttribute(node, 'block_size');
  if (!BITS.has(bits) || (block !== undefined && !isBlock(block)))
    return {
      expected: '2, 4 or 8 bits, and a block size that is a power of two from 16',
      got: `${bits} bits, block_size ${block}`,
    };

  const [, , fc1, fc1Scales, , fc2, fc2Scales] = node.input;
  const first = fc1 ? constantShape(index, fc1) : undefined;
  const second = fc2 ? constantShape(index, fc2) : undefined;
  if (first?.length !== 3 || second?.length !== 3 || !fc1Scales || !fc2Scales)
    return {
      expected: 'weights [experts, rows, bytes] and scales for both products',
      got: 'missing or of another rank',
    };
  const [experts, rows, inputBytes] = first as [number, number, number];
  const [, hidden, innerBytes] = second as [number, number, number];
  const inner = (innerBytes * 8) / bits;
  const sizes = `${experts} experts, hidden ${hidden}, inner ${inner}`;
  if (experts < 1 || experts > LIMITS.experts || k < 1 || k > experts)
    return { expected: 'k from 1 to the number of experts', got: `k ${k} of ${experts}` };
  if (second[0] !== experts || inputBytes * 8 !== hidden * bits || (rows !== inner && rows !== 2 * inner))
    return { expected: `two products that fit each other`, got: `[${first.join(', ')}] and [${second.join(', ')}]` };
  return (
    wrongShape(index, fc1Scales, scaleShapes(experts, rows, hidden, block), sizes) ??
    wrongShape(index, fc2Scales, scaleShapes(experts, hidden, inner, block), sizes)
  );
}

function scaleShapes(experts: number, rows: number, columns: number, block: number | undefined): number[][] {
  if (block !== undefined) return [[experts, rows, Math.ceil(columns / block)]];
  return [
    [experts, rows],
    [experts, rows, 1],
  ];
}
