import { EMBEDDING } from '../checkpoint/weight-names.ts';
import { DataType } from '../../onnx/graph-builder.ts';
import type { DecoderContext } from './context.ts';

/** The f16 rows of `tokenIds`, as f32 [batch, sequence, hidden]. */
export function addEmbedding({ graph, weights }: DecoderContext, tokenIds: string): string {
  const rows = graph.node('/model/embed_tokens/Gather', 'Gather', [weights.use(EMBEDDING), tokenIds], {
    attributes: { axis: 0n },
  });
  return graph.node('/model/embed_tokens/Cast', 'Cast', [rows], { attributes: { to: BigInt(DataType.FLOAT) } });
}
