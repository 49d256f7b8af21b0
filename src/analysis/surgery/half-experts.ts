import { intAttribute, setAttribute } from '../../onnx/attributes.ts';
import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { NodeProto, OnnxModel } from '../../onnx/model.ts';
import { computeInHalf } from './half-precision.ts';

const ROUTER_LOGITS = 1;

/** Inputs of com.microsoft QMoE: states, router logits, and the scales and biases of three products; router weights. */
const NUMBERS = new Set([0, ROUTER_LOGITS, 3, 4, 6, 7, 9, 10, 14]);

/**
 * Lets the experts compute in f16, in place: CUDA has no other kernel for them. Their scales become f16 constants when
 * the graph is loaded; packed weights stay constant too, since the kernel repacks both then.
 */
export function computeExpertsInHalf(model: OnnxModel): void {
  computeInHalf(model, {
    opType: 'QMoE',
    inputs: NUMBERS,
    prepare: (builder, node, input) =>
      input === ROUTER_LOGITS ? logProbabilities(builder, node.input[input] as string) : (node.input[input] as string),
  });
  for (const node of model.graph.node) if (node.opType === 'QMoE') stateLayout(node);
}

/**
 * The logarithms of the experts' probabilities, as good as the router logits: their softmax is the same. f16 is finest
 * near 0, where those of the experts are that are chosen: it halves the error that rounding makes.
 */
function logProbabilities(builder: GraphBuilder, logits: string): string {
  return builder.node(`ft_lens.router/${logits}/log`, 'LogSoftmax', [logits], { attributes: { axis: -1n } });
}

/**
 * Says that the weights are in the plain layout, where the model says nothing: the other devices take them so whatever
 * is said, but the CUDA kernel's default is a layout of its own, and it would compute with garbage.
 */
function stateLayout(node: NodeProto): void {
  if ((intAttribute(node, 'weights_prepacked') ?? -1) === -1) setAttribute(node, 'weights_prepacked', 0n);
}
