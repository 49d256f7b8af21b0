import type { DecoderContext } from './context.ts';
import { expertStack, packedName, routerWeight, scalesName, transposedName } from './tensor-names.ts';

/**
 * Router and experts. QMoE takes the raw router logits: it picks the top k and weighs them by their softmax.
 *
 *   x ─┬ MatMul (router, f32) ─ Reshape [batch · sequence, experts] ─┐
 *      └─────────────────────────────────────────────────────────── QMoE: Σ wₑ · downₑ(silu(gateₑ(x)) · upₑ(x))
 *
 * @param x f32 [batch, sequence, hidden], as the result
 */
export function addExperts({ graph, weights, config, recipe }: DecoderContext, layer: number, x: string): string {
  const path = `/model/layers.${layer}/mlp`;
  const router = weights.use(transposedName(routerWeight(layer)));
  const routerLogits = graph.node(`${path}/gate/MatMul`, 'MatMul', [x, router]);
  const routerRows = graph.node(`${path}/gate/Reshape`, 'Reshape', [routerLogits, graph.int64s([-1, config.experts])]);
  const gateUp = expertStack(layer, 'gate_up_proj');
  const down = expertStack(layer, 'down_proj');
  const inputs = [
    x,
    routerRows,
    weights.use(packedName(gateUp, recipe.bits)),
    weights.use(scalesName(gateUp)),
    '', // no bias
    weights.use(packedName(down, recipe.bits)),
    weights.use(scalesName(down)),
  ];
  return graph.node(`${path}/experts/QMoE`, 'QMoE', inputs, {
    domain: 'com.microsoft',
    attributes: {
      k: BigInt(config.expertsPerToken),
      expert_weight_bits: BigInt(recipe.bits),
      block_size: BigInt(recipe.blockSize),
      // Raw bytes; the default would let the CUDA kernel take them for its own layout.
      weights_prepacked: 0n,
      normalize_routing_weights: 1n,
      // SwiGLU over rows in turn, gate · sigmoid(alpha · gate) · (up + beta): alpha 1 and beta 0 make it silu(gate) · up.
      activation_type: 'swiglu',
      swiglu_fusion: 1n,
      activation_alpha: 1,
      activation_beta: 0,
    },
  });
}
