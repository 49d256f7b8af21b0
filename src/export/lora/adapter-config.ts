import { z } from 'zod';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { checkSchema } from '../checkpoint/check-schema.ts';

/** What adapter_config.json says about the arithmetic of a LoRA. */
export interface AdapterSettings {
  readonly rank: number;
  readonly alpha: number;
  /** Scale is alpha / √rank instead of alpha / rank: https://arxiv.org/abs/2312.03732 */
  readonly rankStabilised: boolean;
  /** Weight-decomposed: https://arxiv.org/abs/2402.09353 */
  readonly dora: boolean;
  /** Exceptions to `rank` and `alpha`: PEFT's regular expression for a module, and its value, in the order of the file. */
  readonly rankPatterns: readonly ModulePattern[];
  readonly alphaPatterns: readonly ModulePattern[];
  /** Parameters that the adapter changes directly, such as `mlp.experts.gate_up_proj`. */
  readonly targetParameters: readonly string[];
  /** The model that the adapter was trained on, as its author named it. */
  readonly baseModel: string | undefined;
}

export type ModulePattern = readonly [pattern: string, value: number];

const rank = z.int().min(1);
const alpha = z.number();

/** Read first: another kind of adapter has other keys. */
const typeSchema = z.object({ peft_type: z.string() });

/** Only these keys are read: some of the others name modules that PEFT would import. */
const schema = z.object({
  r: rank,
  lora_alpha: alpha,
  use_rslora: z.boolean().nullish(),
  use_dora: z.boolean().nullish(),
  rank_pattern: z.record(z.string(), rank).nullish(),
  alpha_pattern: z.record(z.string(), alpha).nullish(),
  target_parameters: z.array(z.string()).nullish(),
  base_model_name_or_path: z.string().max(LIMITS.nameBytes).nullish(),
  bias: z.string().default('none'),
  fan_in_fan_out: z.boolean().nullish(),
  init_lora_weights: z.union([z.boolean(), z.string()]).nullish(),
  lora_bias: z.boolean().nullish(),
  megatron_config: z.unknown().optional(),
  layer_replication: z.unknown().optional(),
  trainable_token_indices: z.unknown().optional(),
  alora_invocation_tokens: z.unknown().optional(),
  use_qalora: z.boolean().nullish(),
  use_bdlora: z.unknown().optional(),
  arrow_config: z.unknown().optional(),
  kasa_config: z.unknown().optional(),
  monteclora_config: z.unknown().optional(),
});

/**
 * @param json the content of adapter_config.json
 * @param file what an error says it was reading
 * @throws FtLensError (input) for anything but a LoRA that is W + scale * B A, or DoRA's form of it
 */
export function parseAdapterConfig(json: unknown, file: string): AdapterSettings {
  const { peft_type: type } = checkSchema(typeSchema, json, file);
  if (type !== 'LORA') throw unsupported('peft_type', 'LORA', type, file);
  const config = checkSchema(schema, json, file);
  refuseUnsupported(config, file);
  return {
    rank: config.r,
    alpha: config.lora_alpha,
    rankStabilised: config.use_rslora ?? false,
    dora: config.use_dora ?? false,
    rankPatterns: Object.entries(config.rank_pattern ?? {}),
    alphaPatterns: Object.entries(config.alpha_pattern ?? {}),
    targetParameters: config.target_parameters ?? [],
    baseModel: config.base_model_name_or_path ?? undefined,
  };
}

/** Initialisations that also change the base's weights, so that the adapter only fits a base that PEFT wrote with it. */
const CHANGES_BASE = /^(pissa|olora|corda|loftq|lora_ga)/;

function refuseUnsupported(config: z.infer<typeof schema>, file: string): void {
  const start = config.init_lora_weights;
  const refusals: [refused: boolean, key: string, expected: string, got: unknown][] = [
    [config.bias !== 'none', 'bias', 'none', config.bias],
    [
      typeof start === 'string' && CHANGES_BASE.test(start),
      'init_lora_weights',
      'an initialisation that leaves the base as it is (PEFT converts it: path_initial_model_for_weight_conversion)',
      start,
    ],
    ...(
      [
        'fan_in_fan_out',
        'lora_bias',
        'use_qalora',
        'megatron_config',
        'layer_replication',
        'trainable_token_indices',
        'alora_invocation_tokens',
        'use_bdlora',
        'arrow_config',
        'kasa_config',
        'monteclora_config',
      ] as const
    ).map(
      (key) => [isSet(config[key]), key, 'not set', JSON.stringify(config[key])] as [boolean, string, string, unknown],
    ),
  ];
  for (const [refused, key, expected, got] of refusals) {
    if (refused) throw unsupported(key, expected, got, file);
  }
}

function unsupported(key: string, expected: string, got: unknown, file: string): Error {
  return inputError('This adapter is not of a kind that ft-lens can merge.', {
    where: `${file}, key ${key}`,
    expected,
    got: String(got).slice(0, 200),
  });
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false;
}
