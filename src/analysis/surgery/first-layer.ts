import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import { cloneModel, type OnnxModel } from '../../onnx/model.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { cast } from './copy-head.ts';
import { makeProductsExact } from './exact-products.ts';
import { type DeviceKind, fitDevice } from './fit-device.ts';
import { dropUnreadInputs, startFromNothing } from './fresh-prompt.ts';
import { residualTensors } from './residual-tensors.ts';

/** Names of the states in the graphs of {@link firstLayer}, f32 [1, sequence, D]. */
export const LAYER_STATES = {
  /** the embedding: an output where it is computed, an input where it is given */
  before: 'ft_lens.before',
  /** output: after the first layer */
  after: 'ft_lens.after',
} as const;

/**
 * The first layer of a model as a model of its own, over the same weights.
 * @param start 'tokens': the layer reads the embedding of token ids, and both states come out; 'state': the embedding
 * comes in, and its table is not needed
 */
export function firstLayer(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  { device, start }: { device: DeviceKind; start: 'tokens' | 'state' },
): OnnxModel {
  const copy = cloneModel(model);
  const { graph } = copy;
  const builder = new GraphBuilder(copy);
  const [embedding, state] = residualTensors(copy, anatomy) as [string, string];
  if (start === 'state') {
    graph.node = graph.node.filter(({ output }) => !output.includes(embedding));
    builder.input(LAYER_STATES.before, DataType.FLOAT, [1, 'sequence', anatomy.hiddenSize]);
    const given = { attributes: { to: BigInt(anatomy.residuals[0]?.elementType ?? DataType.FLOAT) } };
    builder.node('ft_lens.given', 'Cast', [LAYER_STATES.before], { ...given, outputs: [embedding] });
    graph.node.unshift(...graph.node.splice(-1));
  }
  const outputs = new Map([[LAYER_STATES.after as string, cast(builder, state)]]);
  if (start === 'tokens') outputs.set(LAYER_STATES.before, cast(builder, embedding));
  for (const [name, tensor] of outputs)
    builder.node(`ft_lens.output/${name}`, 'Identity', [tensor], { outputs: [name] });
  graph.output = [...outputs.keys()].map((name) => valueInfo(name, DataType.FLOAT));
  startFromNothing(copy);
  pruneDeadNodes(graph);
  dropUnreadInputs(copy);
  makeProductsExact(copy);
  fitDevice(copy, anatomy, device);
  return copy;
}
