import { DataType, GraphBuilder } from '../../onnx/graph-builder.ts';
import { cloneModel, type OnnxModel } from '../../onnx/model.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { addPairStatistics, type PairMember } from '../lens/graphs/pair-statistics.ts';
import { addRowStatistics, type RowStatisticsOptions } from '../lens/graphs/row-statistics.ts';
import { type Softmax, StatisticsGraph } from '../lens/graphs/statistics-graph.ts';
import { cast, copyHead } from './copy-head.ts';
import { makeProductsExact } from './exact-products.ts';
import { type DeviceKind, fitDevice } from './fit-device.ts';

/** Two views that are compared, by their names. */
export type ViewPair = readonly [first: string, second: string];

/** What stands before the names of a comparison's outputs: `base.ft.js` */
export function pairPrefix([first, second]: ViewPair): string {
  return `${first}.${second}.`;
}

/** Names of the tensors that enter the graph of {@link lensGraph}. */
export const LENS_INPUT = {
  /** f32 [R, p, D] */
  residuals: (view: string) => `${view}.residuals`,
  /** f32 [R, p, V]: in place of residuals, for a view through another head */
  logits: (view: string) => `${view}.logits`,
  /** f32 [p, V]: the model's own logits */
  ownLogits: (view: string) => `${view}.own_logits`,
} as const;

export interface LensGraphOptions extends Omit<RowStatisticsOptions, 'rows'> {
  /** 'none' leaves the final norm out. */
  readonly norm: 'final' | 'none';
  /** What the graph will run on. Defaults to the CPU. */
  readonly device?: DeviceKind;
  /** Names of what is read: the states of a model, through this head or another. Outputs hold them in this order. */
  readonly views: readonly string[];
  /** Views of which logits come in, already read through another head. They stand before the others. */
  readonly given?: readonly string[];
  /** Which views are compared. Defaults to none. */
  readonly pairs?: readonly ViewPair[];
}

/**
 * The lens as one graph, so that logits never leave the device: states through the model's final norm and head, over the
 * same weights, and the logits into statistics. The states of several models go through the head together.
 * Outputs: those of {@link addRowStatistics}, and for each pair those of {@link addPairStatistics}, its
 * {@link pairPrefix} before their names.
 */
export function lensGraph(model: OnnxModel, anatomy: DecoderAnatomy, options: LensGraphOptions): OnnxModel {
  const { norm, views, given = [], device = 'cpu' } = options;
  const copy = cloneModel(model);
  const { graph } = copy;
  const builder = new GraphBuilder(copy);
  const rows = anatomy.residuals.length;
  const vocabulary = anatomy.vocabularySize;
  graph.input = graph.input.filter(({ name }) => graph.initializer.some((tensor) => tensor.name === name));
  graph.output = [];

  const read = views.filter((view) => !given.includes(view));
  const states = read.map((view) =>
    builder.input(LENS_INPUT.residuals(view), DataType.FLOAT, [rows, 'positions', anatomy.hiddenSize]),
  );
  const tensor = cast(builder, joined(builder, 'ft_lens.states', states), anatomy.residuals.at(-1)?.elementType);
  const logits = copyHead(copy, anatomy, builder, { tensor, leading: rows * read.length, norm });
  const others = given.map((view) =>
    builder.input(LENS_INPUT.logits(view), DataType.FLOAT, [rows, 'positions', vocabulary]),
  );
  const byView = (path: string, tensors: readonly string[], rowsEach: number) =>
    builder.node(path, 'Reshape', [
      joined(builder, `${path}/all`, tensors),
      builder.int64s([views.length, rowsEach, -1, vocabulary]),
    ]);
  const own = views.map((view) => builder.input(LENS_INPUT.ownLogits(view), DataType.FLOAT, ['positions', vocabulary]));

  const statistics = new StatisticsGraph(builder, vocabulary);
  const ownByView = byView('ft_lens.own', own, 1);
  const lens = statistics.softmax('/lens', byView('ft_lens.logits', [...others, logits], rows), options.topK);
  const final = statistics.softmax('/own', ownByView, options.finalTop);
  addRowStatistics(statistics, lens, final, { ...options, rows });
  addPairs(statistics, options, lens, ownByView);

  pruneDeadNodes(graph);
  fitDevice(copy, anatomy, device);
  makeProductsExact(copy);
  return copy;
}

function addPairs(
  graph: StatisticsGraph,
  { views, pairs = [] }: LensGraphOptions,
  lens: Softmax,
  ownByView: string,
): void {
  const member = (view: string): PairMember => {
    const index = views.indexOf(view);
    const attributes = { axis: 0n };
    const own = graph.builder.node(`/${view}/own`, 'Gather', [ownByView, graph.builder.int64s([index])], {
      attributes,
    });
    return { lens: graph.pick(`/${view}`, lens, 'model', index), own };
  };
  const members = new Map([...new Set(pairs.flat())].map((view) => [view, member(view)]));
  for (const pair of pairs) {
    const [first, second] = pair.map((view) => members.get(view)) as [PairMember, PairMember];
    addPairStatistics(graph, first, second, pairPrefix(pair));
  }
}

/** One after the other along the first axis */
function joined(builder: GraphBuilder, path: string, tensors: readonly string[]): string {
  const [only] = tensors as [string];
  return tensors.length === 1 ? only : builder.node(path, 'Concat', tensors, { attributes: { axis: 0n } });
}
