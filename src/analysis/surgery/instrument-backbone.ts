import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import { cloneModel, type OnnxModel } from '../../onnx/model.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { makeProductsExact } from './exact-products.ts';
import { attentionRow } from './attention-row.ts';
import { type DeviceKind, fitDevice, nodesForCpu } from './fit-device.ts';
import { dropUnreadInputs, startFromNothing } from './fresh-prompt.ts';
import { ownLogits, type OwnLogits } from './own-logits.ts';
import { describe } from './describe.ts';
import { residualTensors } from './residual-tensors.ts';
import { residualRows, type RowPicking, routerRows, rowsOfState } from './wanted-rows.ts';

/** Names of what {@link instrumentBackbone} adds to a model. */
export const LENS = {
  /** input, int64 [P]: the positions whose rows are wanted */
  positions: 'ft_lens.positions',
  /** input, int64 [1]: the position whose attention is wanted */
  query: 'ft_lens.query',
  /** input, int64 [1]: how many positions that one sees, itself the last */
  visible: 'ft_lens.visible',
  /** output, f32 [L+1, P, D] */
  residuals: 'ft_lens.residuals',
  /** output, f32 [P, V]: the model's own logits */
  logits: 'ft_lens.logits',
  /** output, f32 [P, Σ experts]: of all layers with a router, side by side */
  routerLogits: 'ft_lens.router_logits',
  /** output, f32 [heads, 1, visible]; layers count from 1 */
  attention: (layer: number) => `ft_lens.attention.${layer}`,
} as const;

export interface InstrumentOptions {
  /** What the graph will run on. Defaults to the CPU. */
  readonly device?: DeviceKind;
  /** Layers, from 1, whose attention probabilities are wanted. Defaults to the last. */
  readonly attentionLayers?: readonly number[];
  /** Defaults to 'early'. */
  readonly picking?: RowPicking;
  /** How to come by the model's own logits, where the model allows it. Defaults to 'untouched'. */
  readonly ownLogits?: OwnLogits;
}

export interface InstrumentedBackbone {
  readonly model: OnnxModel;
  /** Layers, from 1, whose router logits come out. */
  readonly routerLayers: readonly number[];
  /** Layers, from 1, with an `attention` output: the wanted ones whose operator gives its probabilities. */
  readonly attentionLayers: readonly number[];
  readonly ownLogits: OwnLogits;
  /** Names of nodes that belong on the CPU, whatever the device. */
  readonly cpuNodes: readonly string[];
}

/**
 * The model with the lens's input and outputs (see {@link LENS}); the given one stays as it is. Batch is 1, and no
 * KV cache leaves the graph. What leaves it are the rows at the wanted positions only: of the residual states, of the
 * routers, of attention and of the logits.
 */
export function instrumentBackbone(
  model: OnnxModel,
  anatomy: DecoderAnatomy,
  options: InstrumentOptions = {},
): InstrumentedBackbone {
  const { device = 'cpu', picking = 'early', ownLogits: wish = 'untouched' } = options;
  const { attentionLayers = [anatomy.layers.length] } = options;
  const copy = cloneModel(model);
  const builder = new GraphBuilder(copy);
  const positions = builder.input(LENS.positions, DataType.INT64, ['ft_lens.rows']);
  const query = {
    position: builder.input(LENS.query, DataType.INT64, [1]),
    visible: builder.input(LENS.visible, DataType.INT64, [1]),
  };
  const outputs: string[] = [];
  const expose = (tensor: string, name: string): void => {
    builder.node(`ft_lens.output/${name}`, 'Identity', [tensor], { outputs: [name] });
    outputs.push(name);
  };

  const residuals = residualTensors(copy, anatomy);
  const last = rowsOfState(builder, residuals, residuals.length - 1, positions);
  const logits = ownLogits(copy, anatomy, builder, { wish, lastState: last, positions });
  expose(logits.tensor, LENS.logits);

  const routers = anatomy.layers.flatMap(({ router }, i) => (router ? [{ ...router, layer: i + 1 }] : []));
  if (routers.length > 0) expose(routerRows(copy, builder, routers, { positions, picking }), LENS.routerLogits);
  const attended: number[] = [];
  anatomy.layers.forEach(({ attention }, i) => {
    const layer = i + 1;
    if (!attention || !attentionLayers.includes(layer)) return;
    const row = attentionRow(copy, anatomy, builder, attention, query, device === 'cpu');
    if (row === undefined) return;
    attended.push(layer);
    expose(row, LENS.attention(layer));
  });

  expose(
    residualRows(copy, builder, residuals, { last, positions, picking, hidden: anatomy.hiddenSize }),
    LENS.residuals,
  );

  copy.graph.output = outputs.map((name) => valueInfo(name, DataType.FLOAT));
  for (const [i, name] of residuals.entries())
    describe(copy, name, [1, 'ft_lens.sequence', anatomy.hiddenSize], anatomy.residuals[i]?.elementType);
  startFromNothing(copy);
  pruneDeadNodes(copy.graph);
  dropUnreadInputs(copy);
  makeProductsExact(copy);
  fitDevice(copy, anatomy, device);
  return {
    model: copy,
    routerLayers: routers.map(({ layer }) => layer),
    attentionLayers: attended,
    ownLogits: logits.had,
    cpuNodes: nodesForCpu(copy, anatomy, device),
  };
}
