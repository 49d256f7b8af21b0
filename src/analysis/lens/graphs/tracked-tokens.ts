import { DataType } from '../../../onnx/graph-builder.ts';
import type { Softmax, StatisticsGraph } from './statistics-graph.ts';

/** What is followed through the layers, by token ids. */
export interface Tracked {
  readonly tracked: readonly number[];
  /** sets of at least one token, each read as one */
  readonly trackedSets: readonly (readonly number[])[];
}

/**
 * Follows tokens and sets of tokens through every row. M models, R rows, p positions.
 * Outputs:
 * - `tracked_probs` f32, `tracked_ranks` i64 (M, R, p, tracked): only when tokens are tracked
 * - `set_probs` f32 (M, R, p, sets): of the set's tokens together; only when sets are
 * - `set_best` i64 (M, R, p, sets): index in the set of its most probable token, equal ones by lower index on the CPU
 * - `set_ranks` i64 (M, R, p, sets): of that token among all
 */
export function addTracked(graph: StatisticsGraph, softmax: Softmax, { tracked, trackedSets }: Tracked): void {
  if (tracked.length > 0) {
    const tokens = tracked.map((id, index) => addToken(graph, softmax, `/tracked.${index}`, id));
    joined(
      graph,
      'tracked_probs',
      DataType.FLOAT,
      tokens.map(({ probability }) => probability),
    );
    joined(
      graph,
      'tracked_ranks',
      DataType.INT64,
      tokens.map(({ rank }) => rank),
    );
  }
  if (trackedSets.length > 0) {
    const sets = trackedSets.map((ids, index) => addSet(graph, softmax, `/set.${index}`, ids));
    joined(
      graph,
      'set_probs',
      DataType.FLOAT,
      sets.map(({ probability }) => probability),
    );
    joined(
      graph,
      'set_best',
      DataType.INT64,
      sets.map(({ best }) => best),
    );
    joined(
      graph,
      'set_ranks',
      DataType.INT64,
      sets.map(({ rank }) => rank),
    );
  }
}

function addToken(graph: StatisticsGraph, softmax: Softmax, path: string, id: number) {
  const entry = graph.entries(`${path}/entry`, softmax.shifted, [id]);
  return {
    probability: graph.probability(`${path}/prob`, softmax, entry),
    rank: graph.rank(`${path}/rank`, softmax.shifted, entry),
  };
}

/** One rank for the whole set: counting larger entries goes through the vocabulary, once for each rank. */
function addSet(graph: StatisticsGraph, softmax: Softmax, path: string, ids: readonly number[]) {
  const { builder } = graph;
  const entries = graph.entries(`${path}/entries`, softmax.shifted, ids);
  const best = graph.largest(`${path}/best`, entries);
  const probabilities = graph.probability(`${path}/probs`, softmax, entries);
  return {
    probability: builder.node(`${path}/prob`, 'ReduceSum', [probabilities, builder.int64s([-1])]),
    best: best.index,
    rank: graph.rank(`${path}/rank`, softmax.shifted, best.value),
  };
}

function joined(graph: StatisticsGraph, name: string, type: DataType, parts: readonly string[]): void {
  graph.output(name, type, graph.builder.node(`/${name}`, 'Concat', [...parts], { attributes: { axis: -1n } }));
}
