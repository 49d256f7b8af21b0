import type { Qwen3MoeConfig } from './model-config.ts';

/** What a weight belongs to, as reports group it. */
export type ModuleKind = 'attention' | 'experts' | 'router' | 'embedding' | 'head' | 'norm';

export type ExpertProjection = 'gate_proj' | 'up_proj' | 'down_proj';

export const EMBEDDING = 'model.embed_tokens.weight';
export const HEAD = 'lm_head.weight';
export const FINAL_NORM = 'model.norm.weight';

export function expertWeight(layer: number, expert: number, projection: ExpertProjection): string {
  return `model.layers.${layer}.mlp.experts.${expert}.${projection}.weight`;
}

/**
 * Every weight of a Qwen3-MoE model by its published name, with its shape, in the order of computation.
 * Matrices are (out, in), as torch.nn.Linear stores them.
 */
export function publishedWeights(config: Qwen3MoeConfig): Map<string, readonly number[]> {
  const { hiddenSize, headDim, vocabSize, experts, expertIntermediateSize: inner } = config;
  const queryWidth = config.attentionHeads * headDim;
  const keyValueWidth = config.keyValueHeads * headDim;
  const weights = new Map<string, readonly number[]>();
  weights.set(EMBEDDING, [vocabSize, hiddenSize]);
  for (let layer = 0; layer < config.layers; layer++) {
    const prefix = `model.layers.${layer}.`;
    weights.set(`${prefix}input_layernorm.weight`, [hiddenSize]);
    weights.set(`${prefix}self_attn.q_proj.weight`, [queryWidth, hiddenSize]);
    weights.set(`${prefix}self_attn.k_proj.weight`, [keyValueWidth, hiddenSize]);
    weights.set(`${prefix}self_attn.v_proj.weight`, [keyValueWidth, hiddenSize]);
    weights.set(`${prefix}self_attn.q_norm.weight`, [headDim]);
    weights.set(`${prefix}self_attn.k_norm.weight`, [headDim]);
    weights.set(`${prefix}self_attn.o_proj.weight`, [hiddenSize, queryWidth]);
    weights.set(`${prefix}post_attention_layernorm.weight`, [hiddenSize]);
    weights.set(`${prefix}mlp.gate.weight`, [experts, hiddenSize]);
    for (let expert = 0; expert < experts; expert++) {
      weights.set(expertWeight(layer, expert, 'gate_proj'), [inner, hiddenSize]);
      weights.set(expertWeight(layer, expert, 'up_proj'), [inner, hiddenSize]);
      weights.set(expertWeight(layer, expert, 'down_proj'), [hiddenSize, inner]);
    }
  }
  weights.set(FINAL_NORM, [hiddenSize]);
  if (!config.tiedEmbeddings) weights.set(HEAD, [vocabSize, hiddenSize]);
  return weights;
}

/** What a published name belongs to; the layer is undefined for the embedding, the final norm and the head. */
export function describeWeight(name: string): { kind: ModuleKind; layer: number | undefined } {
  const layer = /^model\.layers\.(\d+)\./.exec(name)?.[1];
  return { kind: kindOf(name), layer: layer === undefined ? undefined : Number(layer) };
}

function kindOf(name: string): ModuleKind {
  if (name === EMBEDDING) return 'embedding';
  if (name === HEAD) return 'head';
  if (name.endsWith('norm.weight')) return 'norm';
  if (name.includes('.mlp.experts.')) return 'experts';
  if (name.endsWith('.mlp.gate.weight')) return 'router';
  return 'attention';
}
