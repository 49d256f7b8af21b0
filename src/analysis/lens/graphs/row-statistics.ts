import { DataType } from '../../../onnx/graph-builder.ts';
import { type Softmax, StatisticsGraph } from './statistics-graph.ts';

export interface RowStatisticsOptions {
  /** rows per position: the embedding and every layer */
  readonly rows: number;
  /** rows of the LM head */
  readonly vocabulary: number;
  readonly topK: number;
  readonly finalTop: number;
  /** a token is active when its probability is above this */
  readonly activeThreshold: number;
  /** token ids whose probability and rank are wanted in every row */
  readonly tracked: readonly number[];
}

/**
 * Reduces the logits of one model to what a report shows. R rows, p positions, V rows of the LM head, over all of
 * which every softmax runs.
 *
 * Inputs: `logits` (R, p, V) f32 of the lens, `own_logits` (all positions, V) f32 of the
 * model itself, `positions` (p) i64: which of them the lens read.
 * Outputs, probabilities in 0..1 and the rest in nats:
 * - `top_ids` i64, `top_probs` f32 (R, p, topK): most probable first, equal ones by lower id
 * - `entropy` (R, p, 1) f32: finite if and only if every logit of the row is
 * - `active` (R, p, 1) i64: tokens with a probability above the threshold
 * - `kl_to_final` (R, p, 1) f32: KL(last row ‖ this row)
 * - `final_prob` f32, `final_rank` i64 (R, p, 1): of the token that the model itself finds most probable
 * - `tracked_probs` f32, `tracked_ranks` i64 (R, p, tracked): only when tokens are tracked
 * - `own_top_ids` i64, `own_top_probs` f32 (1, p, finalTop)
 * - `head_difference` (1, p, 1) f32: largest |probability in the last row − probability by the model itself|
 */
export function rowStatisticsGraph(options: RowStatisticsOptions): Uint8Array<ArrayBuffer> {
  const graph = new StatisticsGraph('ft-lens.row-statistics', options.vocabulary);
  const { rows } = options;
  const lens = graph.softmax('/lens', graph.lensLogits('logits', rows));
  const own = graph.softmax('/own', graph.ownLogits('own_logits', graph.positions()));
  const last = graph.softmaxOfRow('/last', lens, rows - 1);

  addTop(graph, lens, options.topK, '');
  graph.output('entropy', DataType.FLOAT, graph.entropy('/entropy', lens));
  const bound = graph.builder.node('/active/bound', 'Mul', [lens.sum, graph.builder.float(options.activeThreshold)]);
  graph.output('active', DataType.INT64, graph.countAbove('/active', lens.exponentials, bound));
  const toFinal = graph.logRatio('/toFinal', last, lens);
  graph.output('kl_to_final', DataType.FLOAT, graph.expectation('/klToFinal', last, toFinal));

  addTop(graph, own, options.finalTop, 'own_');
  const finalToken = graph.top('/finalToken', own.shifted, 1).ids;
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

  if (options.tracked.length > 0) addTracked(graph, lens, options.tracked);
  return graph.encode();
}

function addTop(graph: StatisticsGraph, softmax: Softmax, k: number, prefix: string): void {
  const top = graph.top(`/${prefix}top`, softmax.shifted, k);
  graph.output(`${prefix}top_ids`, DataType.INT64, top.ids);
  graph.output(`${prefix}top_probs`, DataType.FLOAT, graph.probability(`/${prefix}top/probs`, softmax, top.values));
}

/** Probability and rank of a token in every row // ids (R, p, 1) → (R, p, 1) */
function addToken(graph: StatisticsGraph, softmax: Softmax, path: string, ids: string) {
  const entry = graph.entry(`${path}/entry`, softmax.shifted, ids);
  return {
    probability: graph.probability(`${path}/prob`, softmax, entry),
    rank: graph.rank(`${path}/rank`, softmax.shifted, entry),
  };
}

function addTracked(graph: StatisticsGraph, softmax: Softmax, tracked: readonly number[]): void {
  const { builder } = graph;
  const tokens = tracked.map((id, index) => {
    const path = `/tracked.${index}`;
    const entry = builder.node(`${path}/entry`, 'Gather', [softmax.shifted, builder.int64s([id])], {
      attributes: { axis: -1n },
    });
    return {
      probability: graph.probability(`${path}/prob`, softmax, entry),
      rank: graph.rank(`${path}/rank`, softmax.shifted, entry),
    };
  });
  const joined = (name: string, parts: string[]) => builder.node(name, 'Concat', parts, { attributes: { axis: -1n } });
  const probabilities = joined(
    '/tracked/probs',
    tokens.map((token) => token.probability),
  );
  const ranks = joined(
    '/tracked/ranks',
    tokens.map((token) => token.rank),
  );
  graph.output('tracked_probs', DataType.FLOAT, probabilities);
  graph.output('tracked_ranks', DataType.INT64, ranks);
}
