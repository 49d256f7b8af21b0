import { DataType, GraphBuilder } from '../../onnx/graph-builder.ts';
import { cloneModel, type OnnxModel } from '../../onnx/model.ts';
import { pruneDeadNodes } from '../../onnx/prune.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import { addPairStatistics } from '../lens/graphs/pair-statistics.ts';
import { addRowStatistics, type RowStatisticsOptions } from '../lens/graphs/row-statistics.ts';
import { StatisticsGraph } from '../lens/graphs/statistics-graph.ts';
import { cast, copyHead } from './copy-head.ts';
import { makeProductsExact } from './exact-products.ts';
import { type DeviceKind, fitDevice } from './fit-device.ts';

export type LensSide = 'base' | 'ft';

/** Names of the tensors that enter the graph of {@link lensGraph}. */
export const LENS_INPUT = {
  /** f32 [R, p, D] */
  residuals: (side: LensSide) => `${side}.residuals`,
  /** f32 [R, p, V]: in place of residuals, for a model with a head of its own */
  logits: (side: LensSide) => `${side}.logits`,
  /** f32 [p, V]: the model's own logits */
  ownLogits: (side: LensSide) => `${side}.own_logits`,
} as const;

export interface LensGraphOptions extends Omit<RowStatisticsOptions, 'rows'> {
  /** 'none' leaves the final norm out. */
  readonly norm: 'final' | 'none';
  /** What the graph will run on. Defaults to the CPU. */
  readonly device?: DeviceKind;
  /** The models to read, base first. */
  readonly sides: readonly LensSide[];
  /** Sides of which logits come in, already read through another head. They stand before the others. */
  readonly given?: readonly LensSide[];
}

/**
 * The lens as one graph, so that logits never leave the device: states through the model's final norm and head, over the
 * same weights, and both models' logits into statistics. Several models go through the head together.
 * Outputs: those of {@link addRowStatistics}, and of {@link addPairStatistics} when there are two models.
 */
export function lensGraph(model: OnnxModel, anatomy: DecoderAnatomy, options: LensGraphOptions): OnnxModel {
  const { norm, sides, given = [], device = 'cpu' } = options;
  const copy = cloneModel(model);
  const { graph } = copy;
  const builder = new GraphBuilder(copy);
  const rows = anatomy.residuals.length;
  const vocabulary = anatomy.vocabularySize;
  graph.input = graph.input.filter(({ name }) => graph.initializer.some((tensor) => tensor.name === name));
  graph.output = [];

  const read = sides.filter((side) => !given.includes(side));
  const states = read.map((side) =>
    builder.input(LENS_INPUT.residuals(side), DataType.FLOAT, [rows, 'positions', anatomy.hiddenSize]),
  );
  const tensor = cast(builder, joined(builder, 'ft_lens.states', states), anatomy.residuals.at(-1)?.elementType);
  const logits = copyHead(copy, anatomy, builder, { tensor, leading: rows * read.length, norm });
  const others = given.map((side) =>
    builder.input(LENS_INPUT.logits(side), DataType.FLOAT, [rows, 'positions', vocabulary]),
  );
  const byModel = (path: string, tensors: readonly string[], rowsEach: number) =>
    builder.node(path, 'Reshape', [
      joined(builder, `${path}/all`, tensors),
      builder.int64s([sides.length, rowsEach, -1, vocabulary]),
    ]);
  const own = sides.map((side) => builder.input(LENS_INPUT.ownLogits(side), DataType.FLOAT, ['positions', vocabulary]));

  const statistics = new StatisticsGraph(builder, vocabulary);
  const ownByModel = byModel('ft_lens.own', own, 1);
  const lens = statistics.softmax('/lens', byModel('ft_lens.logits', [...others, logits], rows), options.topK);
  const final = statistics.softmax('/own', ownByModel, options.finalTop);
  addRowStatistics(statistics, lens, final, { ...options, rows });
  if (sides.length === 2) addPairStatistics(statistics, lens, ownByModel);

  pruneDeadNodes(graph);
  fitDevice(copy, anatomy, device);
  makeProductsExact(copy);
  return copy;
}

/** One after the other along the first axis */
function joined(builder: GraphBuilder, path: string, tensors: readonly string[]): string {
  const [only] = tensors as [string];
  return tensors.length === 1 ? only : builder.node(path, 'Concat', tensors, { attributes: { axis: 0n } });
}
