import { intAttribute } from '../../onnx/attributes.ts';
import { constantIntegers } from '../../onnx/constants.ts';
import type { GraphIndex } from '../../onnx/graph-index.ts';
import type { NodeProto } from '../../onnx/model.ts';
import type { Router } from './types.ts';
import { weightProduct } from './weight-product.ts';

const EXPERT_OPERATORS = new Set(['QMoE', 'MoE']);

export function isExpertOperator(node: NodeProto): boolean {
  return EXPERT_OPERATORS.has(node.opType);
}

/**
 * The router of a block with experts. Its logits are the product that the choice of experts goes back to: the input of
 * that choice may already be a softmax of them.
 */
export function findRouter(
  index: GraphIndex,
  constants: ReadonlySet<string>,
  block: readonly NodeProto[],
): Router | undefined {
  const choice = block.find(isExpertOperator) ?? block.find((node) => node.opType === 'TopK');
  if (choice === undefined) return undefined;
  const operator = isExpertOperator(choice);
  const topK = operator ? (intAttribute(choice, 'k') ?? 1) : constantIntegers(index, choice.input[1] ?? '')?.[0];
  if (topK === undefined) return undefined;
  const members = new Set(block);
  for (let tensor = choice.input[operator ? 1 : 0]; tensor;) {
    const node = index.producers.get(tensor);
    if (node === undefined || !members.has(node)) return undefined;
    const product = weightProduct(index, constants, node);
    if (product) return { logits: withBias(index, constants, node), experts: product.outputSize, topK };
    tensor = node.input.find((name) => name !== '' && !constants.has(name));
  }
  return undefined;
}

/** The product, or its sum with a constant bias when nothing else reads it. */
function withBias(index: GraphIndex, constants: ReadonlySet<string>, product: NodeProto): string {
  const logits = product.output[0] as string;
  const [reader, ...others] = index.consumers.get(logits) ?? [];
  const biased =
    reader?.opType === 'Add' &&
    others.length === 0 &&
    reader.input.some((name) => name !== logits && constants.has(name));
  return biased ? (reader.output[0] as string) : logits;
}
