/** Names of a layer's weights, as Hugging Face publishes them, and of the tensors that hold them. `layer` counts from 0. */

export const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj', 'o_proj'] as const;
export type Projection = (typeof PROJECTIONS)[number];

const layerPrefix = (layer: number): string => `model.layers.${layer}`;
export const inputNormWeight = (layer: number): string => `${layerPrefix(layer)}.input_layernorm.weight`;
export const postAttentionNormWeight = (layer: number): string =>
  `${layerPrefix(layer)}.post_attention_layernorm.weight`;
export const projectionWeight = (layer: number, projection: Projection): string =>
  `${layerPrefix(layer)}.self_attn.${projection}.weight`;
export const headNormWeight = (layer: number, norm: 'q_norm' | 'k_norm'): string =>
  `${layerPrefix(layer)}.self_attn.${norm}.weight`;
export const routerWeight = (layer: number): string => `${layerPrefix(layer)}.mlp.gate.weight`;
/** All experts of a layer in one tensor; `gate_up_proj` has the rows of gate and up in turn. */
export const expertStack = (layer: number, stack: 'gate_up_proj' | 'down_proj'): string =>
  `${layerPrefix(layer)}.mlp.experts.${stack}`;

/** Names of the tensors that a weight is stored as. */
export const packedName = (weight: string, bits: 4 | 8): string => `${weight}.q${bits}`;
export const scalesName = (weight: string): string => `${weight}.scales`;
export const transposedName = (weight: string): string => `${weight}.transposed`;
