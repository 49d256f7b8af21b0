import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';
import type { AttentionBlock } from './types.ts';
import type { ValueFlow } from './value-flow.ts';
import { isProduct } from './weight-product.ts';

const OPERATORS: ReadonlyMap<string, Exclude<AttentionBlock['kind'], 'softmax'>> = new Map([
  ['GroupQueryAttention', 'group-query'],
  ['Attention', 'attention'],
  ['MultiHeadAttention', 'multi-head'],
]);

/** The attention of a block: an operator, or a Softmax over a product of two activations (queries and keys). */
export function findAttention(
  index: GraphIndex,
  flow: ValueFlow,
  block: readonly NodeProto[],
): AttentionBlock | undefined {
  for (const node of block) {
    const kind = OPERATORS.get(node.opType);
    const name = node.output[0] as string;
    if (kind !== undefined) return { kind, node: name };
    if (node.opType === 'Softmax' && readsScores(index, flow, block, node)) return { kind: 'softmax', node: name };
  }
  return undefined;
}

/** Whether the values going into a Softmax come from a product of activations, with only masks and scales between. */
function readsScores(index: GraphIndex, flow: ValueFlow, block: readonly NodeProto[], softmax: NodeProto): boolean {
  const members = new Set(block);
  const pending = [softmax];
  const seen = new Set<NodeProto>();
  for (let node = pending.pop(); node; node = pending.pop()) {
    for (const name of flow.dataInputs(node)) {
      const producer = index.producers.get(name);
      if (producer === undefined || !members.has(producer) || seen.has(producer)) continue;
      seen.add(producer);
      if (!isProduct(producer)) pending.push(producer);
      else if (flow.dataInputs(producer).length >= 2) return true;
    }
  }
  return false;
}
