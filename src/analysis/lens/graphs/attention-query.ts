import { DataType, GraphBuilder } from '../../../onnx/graph-builder.ts';
import { emptyModel, encodeModel } from '../../../onnx/model.ts';

/**
 * Picks one query out of attention probabilities, which for a long prompt are too many to leave the engine.
 * Inputs: `probabilities` (heads, queries, keys) f32, `query` (1) i64. Output: `weights` (heads, 1, keys) f32.
 */
export function attentionQueryGraph(): Uint8Array<ArrayBuffer> {
  const model = emptyModel('ft-lens.attention-query', 21);
  const builder = new GraphBuilder(model);
  builder.input('probabilities', DataType.FLOAT, ['heads', 'queries', 'keys']);
  builder.input('query', DataType.INT64, [1]);
  builder.node('/Gather', 'Gather', ['probabilities', 'query'], { attributes: { axis: 1n }, outputs: ['weights'] });
  builder.output('weights', DataType.FLOAT);
  return encodeModel(model);
}
