import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { checkSchema } from './check-schema.ts';
import { type ConfigJson, configSchema, modelTypeSchema } from './config-schema.ts';

/** Element types that a weight may have in a checkpoint. */
export type WeightDtype = 'bf16' | 'f16' | 'f32';

/** A Qwen3-MoE architecture, from config.json in either spelling. */
export interface Qwen3MoeConfig {
  readonly layers: number;
  readonly hiddenSize: number;
  readonly attentionHeads: number;
  readonly keyValueHeads: number;
  readonly headDim: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  /** Inner width of one expert. */
  readonly expertIntermediateSize: number;
  /** Rows of the embedding and of the head, tokens or not. */
  readonly vocabSize: number;
  readonly rmsNormEps: number;
  readonly ropeTheta: number;
  /** The longest sequence that the model was made for. */
  readonly maxPositions: number;
  /** True when the head is the embedding itself: there is no `lm_head.weight`. */
  readonly tiedEmbeddings: boolean;
}

/**
 * @param json the content of config.json
 * @param file what an error says it was reading
 * @throws FtLensError (input) for another architecture, or a variant of Qwen3-MoE that the decoder would only nearly compute
 */
export function parseModelConfig(json: unknown, file: string): Qwen3MoeConfig {
  const { model_type: modelType } = checkSchema(modelTypeSchema, json, file);
  if (modelType !== 'qwen3_moe') throw unsupported('model_type', 'qwen3_moe', modelType, file);
  const config = checkSchema(configSchema, json, file);
  refuseUnsupported(config, file);
  const experts = oneOf(config.num_experts, config.num_local_experts, 'num_experts', 'num_local_experts', file);
  const ropeTheta = oneOf(
    config.rope_theta,
    config.rope_parameters?.rope_theta,
    'rope_theta',
    'rope_parameters.rope_theta',
    file,
  );
  const headDim = config.head_dim ?? config.hidden_size / config.num_attention_heads;
  const require = (holds: boolean, expected: string, got: string) => {
    if (!holds) throw inputError('The sizes in config.json do not fit together.', { where: file, expected, got });
  };
  require(Number.isInteger(headDim) && headDim % 2 === 0, 'an even head_dim', `${headDim}`);
  require(config.num_attention_heads % config.num_key_value_heads ===
    0, 'num_attention_heads to be a multiple of num_key_value_heads', `${config.num_attention_heads} and ${config.num_key_value_heads}`);
  require(config.num_experts_per_tok <=
    experts, 'num_experts_per_tok to be at most the number of experts', `${config.num_experts_per_tok} of ${experts}`);
  require(config.num_hidden_layers * experts <=
    LIMITS.expertsInAll, `at most ${LIMITS.expertsInAll} experts in all layers`, `${config.num_hidden_layers} layers of ${experts}`);
  return {
    layers: config.num_hidden_layers,
    hiddenSize: config.hidden_size,
    attentionHeads: config.num_attention_heads,
    keyValueHeads: config.num_key_value_heads,
    headDim,
    experts,
    expertsPerToken: config.num_experts_per_tok,
    expertIntermediateSize: config.moe_intermediate_size,
    vocabSize: config.vocab_size,
    rmsNormEps: config.rms_norm_eps,
    ropeTheta,
    maxPositions: config.max_position_embeddings,
    tiedEmbeddings: config.tie_word_embeddings,
  };
}

/** The value under whichever of two spellings is there; both may be, when they agree. */
function oneOf(a: number | undefined, b: number | undefined, nameA: string, nameB: string, file: string): number {
  const value = a ?? b;
  if (value === undefined) {
    throw inputError('A key is missing from config.json.', { where: file, expected: `${nameA} or ${nameB}` });
  }
  if (b !== undefined && b !== value) {
    throw inputError('Two keys of config.json contradict each other.', {
      where: file,
      expected: `${nameA} and ${nameB} to be equal`,
      got: `${a} and ${b}`,
    });
  }
  return value;
}

/** Each line is a computation that the exported decoder does not have. */
function refuseUnsupported(config: ConfigJson, file: string): void {
  const rope = [config.rope_parameters, config.rope_scaling];
  const ropeTypes = rope.map((settings) => settings?.rope_type ?? settings?.type ?? 'default');
  const refusals: [refused: boolean, key: string, expected: string, got: unknown][] = [
    [config.hidden_act !== 'silu', 'hidden_act', 'silu', config.hidden_act],
    [config.attention_bias, 'attention_bias', 'false', true],
    [!config.norm_topk_prob, 'norm_topk_prob', 'true (routing weights that are renormalised)', false],
    [config.decoder_sparse_step !== 1, 'decoder_sparse_step', '1 (experts in every layer)', config.decoder_sparse_step],
    [
      (config.mlp_only_layers ?? []).length > 0,
      'mlp_only_layers',
      '[] (experts in every layer)',
      config.mlp_only_layers?.join(', '),
    ],
    [config.use_sliding_window === true, 'use_sliding_window', 'false', true],
    [
      (config.layer_types ?? []).some((type) => type !== 'full_attention'),
      'layer_types',
      'full_attention in every layer',
      config.layer_types?.find((type) => type !== 'full_attention'),
    ],
    [
      ropeTypes.some((type) => type !== 'default'),
      'rope_type',
      'default (no scaling)',
      ropeTypes.find((type) => type !== 'default'),
    ],
    [
      rope.some((settings) => (settings?.partial_rotary_factor ?? 1) !== 1),
      'partial_rotary_factor',
      '1',
      rope.find((settings) => settings?.partial_rotary_factor !== undefined)?.partial_rotary_factor,
    ],
    [
      (config.quantization_config ?? null) !== null,
      'quantization_config',
      'a checkpoint in bf16, f16 or f32',
      'a quantised checkpoint',
    ],
  ];
  for (const [refused, key, expected, got] of refusals) {
    if (refused) throw unsupported(key, expected, got, file);
  }
}

function unsupported(key: string, expected: string, got: unknown, file: string): Error {
  return inputError('This checkpoint is not a kind of model that ft-lens can export.', {
    where: `${file}, key ${key}`,
    expected,
    got: String(got),
    remedy: 'take a Qwen3-MoE checkpoint: ft-lens exports no other architecture',
  });
}
