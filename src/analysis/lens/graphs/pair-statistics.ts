import { DataType } from '../../../onnx/graph-builder.ts';
import type { Softmax, StatisticsGraph } from './statistics-graph.ts';

/**
 * Compares the logits of two models row by row. R rows, p positions.
 * Outputs, divergences in nats:
 * - `kl_ft_base`, `kl_base_ft` (1, R, p, 1) f32: KL(ft ‖ base), KL(base ‖ ft)
 * - `js` (1, R, p, 1) f32: Jensen-Shannon divergence; exactly 0 for equal logits
 * - `base_top_rank_in_ft`, `ft_top_rank_in_base` (1, R, p, 1) i64: of the other model's most probable token
 * - `own_difference` (1, 1, p, 1) f32: largest |ft − base| of the models' own logits; 0 if and only if they are equal
 *
 * @param lens of the lens's logits, base first // (2, R, p, V)
 * @param own the models' own logits, base first // (2, 1, p, vocabulary)
 */
export function addPairStatistics(graph: StatisticsGraph, lens: Softmax, own: string): void {
  const base = graph.pick('/base', lens, 'model', 0);
  const ft = graph.pick('/ft', lens, 'model', 1);
  const ftToBase = graph.logRatio('/ftToBase', ft, base);
  graph.output('kl_ft_base', DataType.FLOAT, graph.expectation('/klFtBase', ft, ftToBase));
  const reverse = graph.expectation('/klBaseFt', base, ftToBase);
  graph.output('kl_base_ft', DataType.FLOAT, graph.builder.node('/klBaseFt/Neg', 'Neg', [reverse]));
  graph.output('js', DataType.FLOAT, jensenShannon(graph, base, ft, ftToBase));
  graph.output('base_top_rank_in_ft', DataType.INT64, rankOfTop(graph, '/baseTop', base, ft));
  graph.output('ft_top_rank_in_base', DataType.INT64, rankOfTop(graph, '/ftTop', ft, base));

  const ownOf = (index: number) =>
    graph.builder.node(`/ownDifference/${index}`, 'Gather', [own, graph.builder.int64s([index])], {
      attributes: { axis: 0n },
    });
  graph.output('own_difference', DataType.FLOAT, graph.largestDifference('/ownDifference', ownOf(0), ownOf(1)));
}

/**
 * JS = ½ Σ b·ln(b/m) + ½ Σ f·ln(f/m) with m = (b + f)/2. With r = ln f − ln b, ln(b/m) = ln 2 − softplus(r) and
 * ln(f/m) = ln(b/m) + r. The mixture is never formed: it would lose the small differences, and its logarithm the small
 * probabilities.
 */
function jensenShannon(graph: StatisticsGraph, base: Softmax, ft: Softmax, ratio: string): string {
  const { builder } = graph;
  const softplus = builder.node('/js/Softplus', 'Softplus', [ratio]);
  const baseToMixture = builder.node('/js/base/Sub', 'Sub', [builder.float(Math.LN2), softplus]);
  const ftToMixture = builder.node('/js/ft/Add', 'Add', [baseToMixture, ratio]);
  const sum = builder.node('/js/Add', 'Add', [
    graph.expectation('/js/base', base, baseToMixture),
    graph.expectation('/js/ft', ft, ftToMixture),
  ]);
  return builder.node('/js/Mul', 'Mul', [sum, builder.float(0.5)]);
}

/** Rank in `reader` of the token that `owner` finds most probable // (1, R, p, 1) i64 */
function rankOfTop(graph: StatisticsGraph, path: string, owner: Softmax, reader: Softmax): string {
  const entry = graph.entry(`${path}/entry`, reader.shifted, graph.topOne(`${path}/id`, owner.topIds));
  return graph.rank(`${path}/rank`, reader.shifted, entry);
}
