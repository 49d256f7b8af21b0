import type { AdapterTarget, SyntheticAdapter } from './adapter-tensors.ts';

/** Modules, and parameters that belong to no linear layer, by what an adapter changes. */
const MODULES: Readonly<Record<AdapterTarget, readonly string[]>> = {
  attention: ['q_proj', 'k_proj', 'v_proj', 'o_proj'],
  'each-expert': ['gate_proj', 'up_proj', 'down_proj'],
  embedding: ['embed_tokens'],
  head: ['lm_head'],
  experts: [],
  router: [],
};
const PARAMETERS: Partial<Record<AdapterTarget, readonly string[]>> = {
  experts: ['mlp.experts.gate_up_proj', 'mlp.experts.down_proj'],
  router: ['mlp.gate.weight'],
};

/** adapter_config.json as PEFT writes it. */
export function adapterConfigJson({ targets, rank, alpha, dora }: SyntheticAdapter, baseModel: string): object {
  return {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: baseModel,
    r: rank,
    lora_alpha: alpha,
    lora_dropout: 0,
    bias: 'none',
    use_dora: dora,
    use_rslora: false,
    fan_in_fan_out: false,
    init_lora_weights: true,
    inference_mode: true,
    modules_to_save: null,
    target_modules: targets.flatMap((target) => MODULES[target]),
    target_parameters: targets.flatMap((target) => PARAMETERS[target] ?? []),
  };
}
