import { DataType } from '../../../onnx/graph-builder.ts';
import type { Softmax, StatisticsGraph } from './statistics-graph.ts';
import { addTracked, type Tracked } from './tracked-tokens.ts';

export interface RowStatisticsOptions extends Tracked {
  /** rows per position: the embedding and every layer */
  readonly rows: number;
  readonly topK: number;
  readonly finalTop: number;
  /** a token is active when its probability is above this */
  readonly activeThreshold: number;
}

/**
 * Reduces the logits of each model to what a report shows. M models, R rows, p positions.
 * Outputs, probabilities in 0..1 and the rest in nats:
 * - `top_ids` i64, `top_probs` f32 (M, R, p, topK): most probable first
 * - `entropy` (M, R, p, 1) f32: finite if and only if every logit of the row is
 * - `active` (M, R, p, 1) i64: tokens with a probability above the threshold
 * - `kl_to_final` (M, R, p, 1) f32: KL(last row ‖ this row)
 * - `final_prob` f32, `final_rank` i64 (M, R, p, 1): of the token that the model itself finds most probable
 * - `own_top_ids` i64, `own_top_probs` f32 (M, 1, p, finalTop)
 * - `head_difference` (M, 1, p, 1) f32: largest |probability in the last row − probability by the model itself|
 * - those of {@link addTracked}
 *
 * @param lens of the lens's logits, with at least topK largest entries // (M, R, p, V)
 * @param own of the models' own logits, with finalTop largest entries // (M, 1, p, V)
 */
export function addRowStatistics(
  graph: StatisticsGraph,
  lens: Softmax,
  own: Softmax,
  options: RowStatisticsOptions,
): void {
  const { rows } = options;
  const last = graph.pick('/last', lens, 'row', rows - 1);

  addTop(graph, lens, '');
  graph.output('entropy', DataType.FLOAT, graph.entropy('/entropy', lens));
  const bound = graph.builder.node('/active/bound', 'Mul', [lens.sum, graph.builder.float(options.activeThreshold)]);
  graph.output('active', DataType.INT64, graph.countAbove('/active', lens.exponentials, bound));
  graph.output('kl_to_final', DataType.FLOAT, graph.divergence('/klToFinal', last, lens));

  addTop(graph, own, 'own_');
  const finalToken = graph.topOne('/finalToken', own.topIds);
  const final = addToken(graph, lens, '/final', graph.inEveryRow('/finalToken/rows', finalToken, rows));
  graph.output('final_prob', DataType.FLOAT, final.probability);
  graph.output('final_rank', DataType.INT64, final.rank);
  const probabilities = (softmax: Softmax, path: string) => graph.probability(path, softmax, softmax.shifted);
  const difference = graph.largestDifference(
    '/headDifference',
    probabilities(last, '/last/probabilities'),
    probabilities(own, '/own/probabilities'),
  );
  graph.output('head_difference', DataType.FLOAT, difference);

  addTracked(graph, lens, options);
}

function addTop(graph: StatisticsGraph, softmax: Softmax, prefix: string): void {
  graph.output(`${prefix}top_ids`, DataType.INT64, softmax.topIds);
  graph.output(
    `${prefix}top_probs`,
    DataType.FLOAT,
    graph.probability(`/${prefix}top/probs`, softmax, softmax.topShifted),
  );
}

/** Probability and rank of a token in every row // ids (M, R, p, 1) → (M, R, p, 1) */
function addToken(graph: StatisticsGraph, softmax: Softmax, path: string, ids: string) {
  const entry = graph.entry(`${path}/entry`, softmax.shifted, ids);
  return {
    probability: graph.probability(`${path}/prob`, softmax, entry),
    rank: graph.rank(`${path}/rank`, softmax.shifted, entry),
  };
}
