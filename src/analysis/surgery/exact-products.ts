import { intAttribute, setAttribute } from '../../onnx/attributes.ts';
import type { OnnxModel } from '../../onnx/model.ts';

/**
 * Makes 4-bit products compute in f32, in place. Some exporters ask for activations rounded to 8 bits
 * (accuracy_level 4): that alone moves logits by more than a small fine-tune does. 8-bit products stay as they are:
 * the CPU has no fast f32 kernel for them, and the rounding is the smaller part of their error.
 */
export function makeProductsExact(model: OnnxModel): void {
  const rounded = model.graph.node.filter(
    (node) =>
      node.opType === 'MatMulNBits' &&
      (intAttribute(node, 'bits') ?? 4) < 8 &&
      (intAttribute(node, 'accuracy_level') ?? 0) !== 0,
  );
  for (const node of rounded) setAttribute(node, 'accuracy_level', 0n);
}
