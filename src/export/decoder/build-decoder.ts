import { FINAL_NORM } from '../checkpoint/weight-names.ts';
import { DataType, GraphBuilder } from '../../onnx/graph-builder.ts';
import { emptyModel, type OnnxModel } from '../../onnx/model.ts';
import type { Qwen3MoeConfig } from '../checkpoint/model-config.ts';
import { addAttention, addSequenceLengths } from './attention.ts';
import type { DecoderContext } from './context.ts';
import { DecoderWeights, type PlacedTensor } from './decoder-weights.ts';
import { addEmbedding } from './embedding.ts';
import { addHead } from './head.ts';
import { addExperts } from './experts.ts';
import { addNorm } from './norm.ts';
import type { QuantizationRecipe } from './recipe.ts';
import { addRotaryAngles } from './rotary.ts';
import { inputNormWeight, postAttentionNormWeight } from './tensor-names.ts';

/** First operator set with RotaryEmbedding. */
const OPSET = 23;

/**
 * A Qwen3-MoE decoder as an ONNX graph. The residual stream is f32, [batch, sequence, hidden], and made by `Add`:
 *
 *   input_ids ─ embedding ─┬──────────────Add─┬───────────Add─ … ─ norm ─ head ─ logits
 *                          └ norm ─ attention ┘ └ norm ─ experts ┘
 *
 * Inputs: input_ids, position_ids int64 [batch, sequence]; attention_mask int64 [batch, total_sequence], padded on
 * the right if at all; past_key_values.{i}.key|value f32 [batch, KV heads, past_sequence, head size].
 * Outputs: logits f32 [batch, sequence, vocabulary]; present.{i}.key|value.
 *
 * @param tensors all tensors of {@link planWeights}, with the place of their bytes
 */
export function buildDecoder(
  config: Qwen3MoeConfig,
  recipe: QuantizationRecipe,
  tiedHead: boolean,
  tensors: Iterable<PlacedTensor>,
): OnnxModel {
  const model = emptyModel('qwen3_moe', OPSET);
  const graph = new GraphBuilder(model);
  const context: DecoderContext = { graph, weights: new DecoderWeights(graph, tensors), config, recipe, tiedHead };

  graph.input('input_ids', DataType.INT64, ['batch_size', 'sequence_length']);
  graph.input('attention_mask', DataType.INT64, ['batch_size', 'total_sequence_length']);
  graph.input('position_ids', DataType.INT64, ['batch_size', 'sequence_length']);
  graph.output('logits', DataType.FLOAT, ['batch_size', 'sequence_length', config.vocabSize]);

  const angles = addRotaryAngles(context, 'position_ids');
  const lengths = addSequenceLengths(context, 'attention_mask');
  let residual = addEmbedding(context, 'input_ids');
  for (let layer = 0; layer < config.layers; layer++) {
    const path = `/model/layers.${layer}`;
    const attentionInput = addNorm(context, `${path}/input_layernorm`, residual, inputNormWeight(layer));
    const attention = addAttention(context, layer, attentionInput, angles, lengths);
    residual = graph.node(`${path}/attention_residual/Add`, 'Add', [residual, attention]);
    const expertsInput = addNorm(context, `${path}/post_attention_layernorm`, residual, postAttentionNormWeight(layer));
    const experts = addExperts(context, layer, expertsInput);
    residual = graph.node(`${path}/experts_residual/Add`, 'Add', [residual, experts]);
  }
  const normed = addNorm(context, '/model/norm', residual, FINAL_NORM);
  addHead(context, normed, 'input_ids', 'logits');
  return model;
}
