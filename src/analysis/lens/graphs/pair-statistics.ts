import { DataType } from '../../../onnx/graph-builder.ts';
import { type Softmax, StatisticsGraph } from './statistics-graph.ts';

export interface PairStatisticsOptions {
  /** rows per position: the embedding and every layer */
  readonly rows: number;
  /** rows of the LM head, the same in both models */
  readonly vocabulary: number;
}

/**
 * Compares the logits of two models row by row. R rows, p positions, V rows of the LM head.
 *
 * Inputs: `base_logits`, `ft_logits` (R, p, V) f32 of the lens; `base_own_logits`, `ft_own_logits` (all positions, V) f32
 * of the models themselves, `positions` (p) i64: which of them the lens read.
 * Outputs, divergences in nats:
 * - `kl_ft_base`, `kl_base_ft` (R, p, 1) f32: KL(ft ‖ base), KL(base ‖ ft)
 * - `js` (R, p, 1) f32: Jensen-Shannon divergence; exactly 0 for equal logits
 * - `base_top_rank_in_ft`, `ft_top_rank_in_base` (R, p, 1) i64: of the other model's most probable token
 * - `own_difference` (1, p, 1) f32: largest |ft − base| of the models' own logits; 0 if and only if they are equal
 */
export function pairStatisticsGraph(options: PairStatisticsOptions): Uint8Array<ArrayBuffer> {
  const graph = new StatisticsGraph('ft-lens.pair-statistics', options.vocabulary);
  const base = graph.softmax('/base', graph.lensLogits('base_logits', options.rows));
  const ft = graph.softmax('/ft', graph.lensLogits('ft_logits', options.rows));
  const ftToBase = graph.logRatio('/ftToBase', ft, base);
  const baseToFt = graph.builder.node('/baseToFt', 'Neg', [ftToBase]);

  graph.output('kl_ft_base', DataType.FLOAT, graph.expectation('/klFtBase', ft, ftToBase));
  graph.output('kl_base_ft', DataType.FLOAT, graph.expectation('/klBaseFt', base, baseToFt));
  graph.output(
    'js',
    DataType.FLOAT,
    jensenShannon(graph, { softmax: base, logRatio: baseToFt }, { softmax: ft, logRatio: ftToBase }),
  );
  graph.output('base_top_rank_in_ft', DataType.INT64, rankOfTop(graph, '/baseTop', base, ft));
  graph.output('ft_top_rank_in_base', DataType.INT64, rankOfTop(graph, '/ftTop', ft, base));

  const positions = graph.positions();
  const ownDifference = graph.largestDifference(
    '/ownDifference',
    graph.ownLogits('base_own_logits', positions),
    graph.ownLogits('ft_own_logits', positions),
  );
  graph.output('own_difference', DataType.FLOAT, ownDifference);
  return graph.encode();
}

interface Side {
  readonly softmax: Softmax;
  /** ln(own probability) − ln(the other's) // (R, p, V) */
  readonly logRatio: string;
}

/**
 * JS = ½ Σ p·ln(p/m) + ½ Σ q·ln(q/m) with m = (p + q)/2. Since ln(p/m) = ln 2 − softplus(ln q − ln p), the mixture is
 * never formed: it would lose the small differences, and its logarithm the small probabilities.
 */
function jensenShannon(graph: StatisticsGraph, base: Side, ft: Side): string {
  const { builder } = graph;
  const half = (path: string, own: Side, other: Side) => {
    const softplus = builder.node(`${path}/Softplus`, 'Softplus', [other.logRatio]);
    const toMixture = builder.node(`${path}/Sub`, 'Sub', [builder.float(Math.LN2), softplus]);
    return graph.expectation(path, own.softmax, toMixture);
  };
  const sum = builder.node('/js/Add', 'Add', [half('/js/base', base, ft), half('/js/ft', ft, base)]);
  return builder.node('/js/Mul', 'Mul', [sum, builder.float(0.5)]);
}

/** Rank in `reader` of the token that `owner` finds most probable // (R, p, 1) i64 */
function rankOfTop(graph: StatisticsGraph, path: string, owner: Softmax, reader: Softmax): string {
  const { ids } = graph.top(path, owner.shifted, 1);
  return graph.rank(`${path}/rank`, reader.shifted, graph.entry(`${path}/entry`, reader.shifted, ids));
}
