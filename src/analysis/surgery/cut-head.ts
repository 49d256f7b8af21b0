import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import { cloneModel, type OnnxModel } from '../../onnx/model.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { cast, copyHead } from './copy-head.ts';
import { makeProductsExact } from './exact-products.ts';
import { mapWeights } from './map-weights.ts';

/** Names of the tensors that enter and leave the graph of {@link cutHead}. */
export const HEAD = {
  /** input, f32 [L+1, P, D] */
  residuals: 'ft_lens.residuals',
  /** input, int64 [p]: which of the P positions */
  rows: 'ft_lens.rows',
  /** output, f32 [L+1, p, V] */
  logits: 'ft_lens.logits',
} as const;

export interface CutHeadOptions {
  /** 'none' leaves the final norm out. */
  readonly norm: 'final' | 'none';
}

/**
 * The model's final norm and head as a model of its own, over the same weights (see {@link HEAD} for its inputs and
 * output). Nothing of the model between norm and head that picks rows is kept.
 */
export function cutHead(model: OnnxModel, anatomy: DecoderAnatomy, options: CutHeadOptions): OnnxModel {
  const copy = cloneModel(model);
  const { graph } = copy;
  const builder = new GraphBuilder(copy);
  const states = anatomy.residuals.length;
  graph.input = graph.input.filter(({ name }) => graph.initializer.some((tensor) => tensor.name === name));
  builder.input(HEAD.residuals, DataType.FLOAT, [states, 'positions', anatomy.hiddenSize]);
  builder.input(HEAD.rows, DataType.INT64, ['rows']);
  const picked = builder.node('ft_lens.states', 'Gather', [HEAD.residuals, HEAD.rows], { attributes: { axis: 1n } });
  const tensor = cast(builder, picked, anatomy.residuals.at(-1)?.elementType);
  const logits = copyHead(copy, anatomy, builder, { tensor, leading: states, norm: options.norm });
  builder.node('ft_lens.output', 'Identity', [logits], { outputs: [HEAD.logits] });
  graph.output = [valueInfo(HEAD.logits, DataType.FLOAT, [states, 'rows', anatomy.vocabularySize])];
  pruneDeadNodes(graph);
  mapWeights(copy, anatomy);
  makeProductsExact(copy);
  return copy;
}
