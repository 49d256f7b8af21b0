import type { GraphBuilder } from '../../onnx/graph-builder.ts';
import type { Qwen3MoeConfig } from '../checkpoint/model-config.ts';
import type { DecoderWeights } from './decoder-weights.ts';
import type { QuantizationRecipe } from './recipe.ts';

/** What the builders of the blocks share. */
export interface DecoderContext {
  readonly graph: GraphBuilder;
  readonly weights: DecoderWeights;
  readonly config: Qwen3MoeConfig;
  readonly recipe: QuantizationRecipe;
  /** The head is the embedding's own matrix. */
  readonly tiedHead: boolean;
}
