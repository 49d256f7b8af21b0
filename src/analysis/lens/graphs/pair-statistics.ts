import { DataType } from '../../../onnx/graph-builder.ts';
import type { Softmax, StatisticsGraph } from './statistics-graph.ts';

/** One model's logits, as softmax, and those that it gives by itself. */
export interface PairMember {
  /** of the lens's logits // (1, R, p, V) */
  readonly lens: Softmax;
  /** the model's own logits // (1, 1, p, vocabulary) */
  readonly own: string;
}

/**
 * Compares the logits of two models row by row. R rows, p positions. The second stands as `ft`, whatever it is.
 * Outputs, divergences in nats:
 * - `kl_ft_base`, `kl_base_ft` (1, R, p, 1) f32: KL(ft ‖ base), KL(base ‖ ft)
 * - `js` (1, R, p, 1) f32: Jensen-Shannon divergence; exactly 0 for equal logits
 * - `base_top_rank_in_ft`, `ft_top_rank_in_base` (1, R, p, 1) i64: of the other model's most probable token
 * - `own_difference` (1, 1, p, 1) f32: largest |ft − base| of the models' own logits; 0 if and only if they are equal
 *
 * @param prefix stands before the names of outputs and nodes, so that a graph can hold several comparisons
 */
export function addPairStatistics(graph: StatisticsGraph, base: PairMember, ft: PairMember, prefix = ''): void {
  const path = (name: string): string => `/${prefix}${name}`;
  const ftToBase = graph.logRatio(path('ftToBase'), ft.lens, base.lens);
  graph.output(`${prefix}kl_ft_base`, DataType.FLOAT, graph.expectation(path('klFtBase'), ft.lens, ftToBase));
  const reverse = graph.expectation(path('klBaseFt'), base.lens, ftToBase);
  graph.output(`${prefix}kl_base_ft`, DataType.FLOAT, graph.builder.node(path('klBaseFt/Neg'), 'Neg', [reverse]));
  graph.output(`${prefix}js`, DataType.FLOAT, jensenShannon(graph, path('js'), base.lens, ft.lens, ftToBase));
  graph.output(`${prefix}base_top_rank_in_ft`, DataType.INT64, rankOfTop(graph, path('baseTop'), base.lens, ft.lens));
  graph.output(`${prefix}ft_top_rank_in_base`, DataType.INT64, rankOfTop(graph, path('ftTop'), ft.lens, base.lens));
  graph.output(
    `${prefix}own_difference`,
    DataType.FLOAT,
    graph.largestDifference(path('ownDifference'), base.own, ft.own),
  );
}

/**
 * JS = ½ Σ b·ln(b/m) + ½ Σ f·ln(f/m) with m = (b + f)/2. With r = ln f − ln b, ln(b/m) = ln 2 − softplus(r) and
 * ln(f/m) = ln(b/m) + r. The mixture is never formed: it would lose the small differences, and its logarithm the small
 * probabilities.
 */
function jensenShannon(graph: StatisticsGraph, path: string, base: Softmax, ft: Softmax, ratio: string): string {
  const { builder } = graph;
  const softplus = builder.node(`${path}/Softplus`, 'Softplus', [ratio]);
  const baseToMixture = builder.node(`${path}/base/Sub`, 'Sub', [builder.float(Math.LN2), softplus]);
  const ftToMixture = builder.node(`${path}/ft/Add`, 'Add', [baseToMixture, ratio]);
  const sum = builder.node(`${path}/Add`, 'Add', [
    graph.expectation(`${path}/base`, base, baseToMixture),
    graph.expectation(`${path}/ft`, ft, ftToMixture),
  ]);
  return builder.node(`${path}/Mul`, 'Mul', [sum, builder.float(0.5)]);
}

/** Rank in `reader` of the token that `owner` finds most probable // (1, R, p, 1) i64 */
function rankOfTop(graph: StatisticsGraph, path: string, owner: Softmax, reader: Softmax): string {
  const entry = graph.entry(`${path}/entry`, reader.shifted, graph.topOne(`${path}/id`, owner.topIds));
  return graph.rank(`${path}/rank`, reader.shifted, entry);
}
