import { EMBEDDING, HEAD } from '../checkpoint/weight-names.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import type { DecoderContext } from './context.ts';
import { addQuantizedMatMul } from './projection.ts';

const PATH = '/lm_head';

/** Logits of every row, f32 [batch, sequence, vocabulary]. */
export function addHead(context: DecoderContext, normed: string, tokenIds: string, logits: string): void {
  const { headBits } = context.recipe;
  if (headBits === 16) addHalfHead(context, normed, tokenIds, logits);
  else addQuantizedHead(context, normed, headBits, logits);
}

/**
 * An f16 matrix applied in f32. Gemm reads it by rows as it is stored, so that a tied head is the embedding's tensor:
 *
 *   normed ─ Reshape [batch · sequence, hidden] ─ Gemm ─ Reshape ─ logits
 *                          weight ─ Cast to f32 ──┘      │
 *   input_ids ─ Shape ─ Concat [batch, sequence, vocabulary]
 */
function addHalfHead(context: DecoderContext, normed: string, tokenIds: string, logits: string): void {
  const { graph, weights, config, tiedHead } = context;
  const weight = weights.use(tiedHead ? EMBEDDING : HEAD);
  const matrix = graph.node(`${PATH}/Cast`, 'Cast', [weight], { attributes: { to: BigInt(DataType.FLOAT) } });
  const rows = graph.node(`${PATH}/rows/Reshape`, 'Reshape', [normed, graph.int64s([-1, config.hiddenSize])]);
  const scores = graph.node(`${PATH}/Gemm`, 'Gemm', [rows, matrix], { attributes: { transB: 1n } });
  const sequence = graph.node(`${PATH}/Shape`, 'Shape', [tokenIds]);
  const shape = graph.node(`${PATH}/Concat`, 'Concat', [sequence, graph.int64s([config.vocabSize])], {
    attributes: { axis: 0n },
  });
  graph.node(`${PATH}/logits/Reshape`, 'Reshape', [scores, shape], { outputs: [logits] });
}

function addQuantizedHead(context: DecoderContext, normed: string, bits: 4 | 8, logits: string): void {
  const { config } = context;
  addQuantizedMatMul(context, PATH, normed, {
    weight: HEAD,
    rows: config.vocabSize,
    columns: config.hiddenSize,
    bits,
    output: logits,
  });
}
