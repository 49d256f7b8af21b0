import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import { cloneModel, type OnnxModel } from '../../onnx/model.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { cast, copyHead } from './copy-head.ts';
import { makeProductsExact } from './exact-products.ts';
import { type DeviceKind, fitDevice } from './fit-device.ts';

/** Names of the tensors that enter and leave the graph of {@link cutHead}. */
export const HEAD = {
  /** input, f32 [L+1, p, D] */
  residuals: 'ft_lens.residuals',
  /** output, f32 [L+1, p, V] */
  logits: 'ft_lens.logits',
} as const;

export interface CutHeadOptions {
  /** 'none' leaves the final norm out. */
  readonly norm: 'final' | 'none';
  /** What the graph will run on. Defaults to the CPU. */
  readonly device?: DeviceKind;
}

/**
 * The model's final norm and head as a model of its own, over the same weights (see {@link HEAD} for its inputs and
 * output). Nothing of the model between norm and head that picks rows is kept.
 */
export function cutHead(model: OnnxModel, anatomy: DecoderAnatomy, options: CutHeadOptions): OnnxModel {
  const { norm, device = 'cpu' } = options;
  const copy = cloneModel(model);
  const { graph } = copy;
  const builder = new GraphBuilder(copy);
  const states = anatomy.residuals.length;
  graph.input = graph.input.filter(({ name }) => graph.initializer.some((tensor) => tensor.name === name));
  builder.input(HEAD.residuals, DataType.FLOAT, [states, 'positions', anatomy.hiddenSize]);
  const tensor = cast(builder, HEAD.residuals, anatomy.residuals.at(-1)?.elementType);
  const logits = copyHead(copy, anatomy, builder, { tensor, leading: states, norm });
  builder.node('ft_lens.output', 'Identity', [logits], { outputs: [HEAD.logits] });
  graph.output = [valueInfo(HEAD.logits, DataType.FLOAT, [states, 'positions', anatomy.vocabularySize])];
  pruneDeadNodes(graph);
  fitDevice(copy, anatomy, device);
  makeProductsExact(copy);
  return copy;
}
