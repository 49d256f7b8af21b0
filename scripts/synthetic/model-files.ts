import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { jsonBytes } from '../../src/export/model-files.ts';
import type { SyntheticShape } from './shapes.ts';
import { SPECIAL_TOKENS, tokenizerConfigJson, tokenizerJson } from './tokenizer.ts';

/** Writes what a checkpoint folder holds besides its weights: the configuration and the tokenizer. */
export async function writeModelFiles(folder: string, shape: SyntheticShape): Promise<void> {
  await writeFile(join(folder, 'config.json'), jsonBytes(configJson(shape)));
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tokenizerJson(shape.tokens)));
  await writeFile(join(folder, 'tokenizer_config.json'), jsonBytes(tokenizerConfigJson()));
}

/** config.json as transformers writes it. */
export function configJson(shape: SyntheticShape): object {
  const endOfText = shape.tokens - SPECIAL_TOKENS.length;
  return {
    architectures: ['Qwen3MoeForCausalLM'],
    model_type: 'qwen3_moe',
    dtype: 'bfloat16',
    vocab_size: shape.vocabSize,
    hidden_size: shape.hiddenSize,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.attentionHeads,
    num_key_value_heads: shape.keyValueHeads,
    head_dim: shape.headDim,
    num_experts: shape.experts,
    num_experts_per_tok: shape.expertsPerToken,
    moe_intermediate_size: shape.expertIntermediateSize,
    intermediate_size: shape.expertIntermediateSize * shape.expertsPerToken,
    norm_topk_prob: true,
    decoder_sparse_step: 1,
    mlp_only_layers: [],
    hidden_act: 'silu',
    attention_bias: false,
    attention_dropout: 0,
    use_sliding_window: false,
    rms_norm_eps: shape.rmsNormEps,
    rope_theta: shape.ropeTheta,
    max_position_embeddings: shape.maxPositions,
    tie_word_embeddings: shape.tiedEmbeddings,
    bos_token_id: null,
    eos_token_id: [endOfText + 2, endOfText],
    pad_token_id: endOfText,
  };
}
