import { z } from 'zod';
import { LIMITS } from '../../limits.ts';

const count = (most: number) => z.int().min(1).max(most);

const rope = z.object({
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  /** The older spelling of rope_type. */
  type: z.string().optional(),
  partial_rotary_factor: z.number().optional(),
});

/**
 * The keys of config.json that are read, in both spellings: transformers 4 writes num_experts and rope_theta,
 * transformers 5 num_local_experts and rope_parameters. The dtype is read from the tensors themselves. Defaults are
 * those of Qwen3MoeConfig in transformers, which leaves keys out that have them.
 */
export const configSchema = z.object({
  num_hidden_layers: count(LIMITS.layers),
  hidden_size: count(LIMITS.hiddenSize),
  num_attention_heads: count(LIMITS.attentionHeads),
  num_key_value_heads: count(LIMITS.attentionHeads),
  head_dim: count(LIMITS.hiddenSize).nullish(),
  num_experts: count(LIMITS.experts).optional(),
  num_local_experts: count(LIMITS.experts).optional(),
  num_experts_per_tok: count(LIMITS.experts),
  moe_intermediate_size: count(LIMITS.hiddenSize),
  vocab_size: count(LIMITS.vocabSize),
  max_position_embeddings: count(2 ** 31 - 1).default(32_768),
  rms_norm_eps: z.number().positive().max(1).default(1e-6),
  rope_theta: z.number().positive().optional(),
  rope_parameters: rope.nullish(),
  rope_scaling: rope.nullish(),
  tie_word_embeddings: z.boolean().default(false),
  hidden_act: z.string().default('silu'),
  attention_bias: z.boolean().default(false),
  norm_topk_prob: z.boolean().default(false),
  decoder_sparse_step: z.int().default(1),
  mlp_only_layers: z.array(z.int()).nullish(),
  use_sliding_window: z.boolean().nullish(),
  layer_types: z.array(z.string()).nullish(),
  quantization_config: z.unknown().optional(),
});

/** Read first: the keys of another architecture would only mislead. */
export const modelTypeSchema = z.object({ model_type: z.string() });

export type ConfigJson = z.infer<typeof configSchema>;
