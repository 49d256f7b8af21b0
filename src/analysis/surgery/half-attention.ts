import type { OnnxModel } from '../../onnx/model.ts';
import { computeInHalf } from './half-precision.ts';

/** Inputs of com.microsoft GroupQueryAttention: q, k, v, caches, rotary tables, bias, sink, norms of q and k. */
const NUMBERS = new Set([0, 1, 2, 3, 4, 7, 8, 10, 11, 14, 15]);

/** Lets grouped-query attention compute in f16, in place: CUDA has no other kernel for it. */
export function computeAttentionInHalf(model: OnnxModel): void {
  computeInHalf(model, { opType: 'GroupQueryAttention', inputs: NUMBERS });
}
