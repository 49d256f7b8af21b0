import { DataType, GraphBuilder, valueInfo } from '../../onnx/graph-builder.ts';
import { cloneModel, type NodeProto, type OnnxModel } from '../../onnx/model.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import { SKIP_SUM_OUTPUT } from '../anatomy/residual-stream.ts';
import type { DecoderAnatomy, Router } from '../anatomy/types.ts';
import { cast } from './copy-head.ts';
import { makeProductsExact } from './exact-products.ts';
import { exposeAttention } from './expose-attention.ts';
import { mapWeights } from './map-weights.ts';
import { ownLogits, type OwnLogits } from './own-logits.ts';

/** Names of what {@link instrumentBackbone} adds to a model. */
export const LENS = {
  /** input, int64 [P]: the positions whose rows are wanted */
  positions: 'ft_lens.positions',
  /** output, f32 [L+1, P, D] */
  residuals: 'ft_lens.residuals',
  /** output, f32 [P, V]: the model's own logits */
  logits: 'ft_lens.logits',
  /** output, f32 [P, E]; layers count from 1 */
  routerLogits: (layer: number) => `ft_lens.router_logits.${layer}`,
  /** output, f32 [heads, P, total] */
  attention: (layer: number) => `ft_lens.attention.${layer}`,
} as const;

export interface InstrumentOptions {
  /** Layers, from 1, whose attention probabilities are wanted. Defaults to the last. */
  readonly attentionLayers?: readonly number[];
  /** How to come by the model's own logits, where the model allows it. Defaults to 'untouched'. */
  readonly ownLogits?: OwnLogits;
}

export interface InstrumentedBackbone {
  readonly model: OnnxModel;
  /** Layers, from 1, with a `routerLogits` output. */
  readonly routerLayers: readonly number[];
  /** Layers, from 1, with an `attention` output: the wanted ones whose operator gives its probabilities. */
  readonly attentionLayers: readonly number[];
  readonly ownLogits: OwnLogits;
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
  const { attentionLayers = [anatomy.layers.length], ownLogits: wish = 'untouched' } = options;
  const copy = cloneModel(model);
  const builder = new GraphBuilder(copy);
  const positions = builder.input(LENS.positions, DataType.INT64, ['ft_lens.rows']);
  const outputs: string[] = [];
  const expose = (tensor: string, name: string): void => {
    builder.node(`ft_lens.output/${name}`, 'Identity', [tensor], { outputs: [name] });
    outputs.push(name);
  };

  const residuals = residualTensors(copy, anatomy);
  const last = wantedRows(builder, residuals, residuals.length - 1, positions);
  const logits = ownLogits(copy, anatomy, builder, { wish, lastState: last, positions });
  expose(logits.tensor, LENS.logits);

  const routerLayers: number[] = [];
  const attended: number[] = [];
  anatomy.layers.forEach(({ router, attention }, i) => {
    const layer = i + 1;
    if (router) {
      routerLayers.push(layer);
      expose(routerRows(builder, router, positions), LENS.routerLogits(layer));
    }
    if (!attention || !attentionLayers.includes(layer)) return;
    const probabilities = exposeAttention(copy, builder, attention, positions);
    if (probabilities === undefined) return;
    attended.push(layer);
    expose(probabilities, LENS.attention(layer));
  });

  expose(residualRows(builder, residuals, last, positions), LENS.residuals);

  copy.graph.output = outputs.map((name) => valueInfo(name, DataType.FLOAT));
  pruneDeadNodes(copy.graph);
  mapWeights(copy, anatomy);
  makeProductsExact(copy);
  return {
    model: copy,
    routerLayers,
    attentionLayers: attended,
    ownLogits: logits.had,
  };
}

/** The tensor of each residual state; a fused norm that keeps its sum to itself is made to give it. */
function residualTensors(model: OnnxModel, anatomy: DecoderAnatomy): string[] {
  return anatomy.residuals.map(({ tensor, node }) => {
    if (tensor !== undefined) return tensor;
    const norm = model.graph.node.find(({ output }) => output[0] === node) as NodeProto;
    while (norm.output.length < SKIP_SUM_OUTPUT) norm.output.push('');
    return (norm.output[SKIP_SUM_OUTPUT] = `${node}/sum`);
  });
}

/**
 * The rows of all states, f32 [L+1, P, D]. ONNX Runtime orders nodes depth first, from the node added last: with the
 * states listed from the last to the first it takes the rows of each state as soon as it is there, and frees the
 * state. In any other order all states of a long prompt stay in memory until the end.
 */
function residualRows(builder: GraphBuilder, residuals: readonly string[], last: string, positions: string): string {
  const rows = [cast(builder, last)];
  for (let state = residuals.length - 2; state >= 0; state--)
    rows.unshift(cast(builder, wantedRows(builder, residuals, state, positions)));
  return builder.node('ft_lens.states', 'Concat', rows, { attributes: { axis: 0n } });
}

function wantedRows(builder: GraphBuilder, residuals: readonly string[], state: number, positions: string): string {
  const inputs = [residuals[state] as string, positions];
  return builder.node(`ft_lens.rows/${state}`, 'Gather', inputs, { attributes: { axis: 1n } });
}

/** Router logits come with or without a batch dimension. */
function routerRows(builder: GraphBuilder, { logits, experts }: Router, positions: string): string {
  const path = `ft_lens.router/${logits}`;
  const flat = builder.node(`${path}/flat`, 'Reshape', [logits, builder.int64s([-1, experts])]);
  return cast(builder, builder.node(`${path}/rows`, 'Gather', [flat, positions], { attributes: { axis: 0n } }));
}
