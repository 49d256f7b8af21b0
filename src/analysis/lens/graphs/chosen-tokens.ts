import { DataType, GraphBuilder } from '../../../onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../../onnx/model.ts';
import { StatisticsGraph } from './statistics-graph.ts';

/** Names of the tensors of {@link chosenTokensGraph}; p positions. */
export const CHOSEN = {
  /** input: logits of every position // (p, V) f32 */
  logits: 'logits',
  /** input: a token of each position // (p) i64 */
  tokens: 'tokens',
  /** output: its probability, 0..1 // (1, 1, p, 1) f32 */
  probabilities: 'probabilities',
  /** output: its rank, 1 is the most probable // (1, 1, p, 1) i64 */
  ranks: 'ranks',
} as const;

/** What a model makes of a token of the caller's choice at each position. @param vocabulary V */
export function chosenTokensGraph(vocabulary: number): Uint8Array<ArrayBuffer> {
  const model = emptyModel('ft-lens.chosen-tokens', 21);
  const builder = new GraphBuilder(model);
  const logits = builder.input(CHOSEN.logits, DataType.FLOAT, ['positions', vocabulary]);
  const tokens = builder.input(CHOSEN.tokens, DataType.INT64, ['positions']);
  const inFour = (path: string, tensor: string, last: number) =>
    builder.node(path, 'Reshape', [tensor, builder.int64s([1, 1, -1, last])]);

  const statistics = new StatisticsGraph(builder, vocabulary);
  const softmax = statistics.softmax('/softmax', inFour('/logits', logits, vocabulary), 1);
  const entry = statistics.entry('/entry', softmax.shifted, inFour('/tokens', tokens, 1));
  const probabilities = statistics.probability('/probability', softmax, entry);
  statistics.output(CHOSEN.probabilities, DataType.FLOAT, probabilities);
  statistics.output(CHOSEN.ranks, DataType.INT64, statistics.rank('/rank', softmax.shifted, entry));
  return encodeModel(model);
}
