import { DataType } from '../../onnx/graph-builder.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import type { DecoderInputs, PastInput } from '../anatomy/types.ts';
import type { TensorValue } from '../engine/protocol.ts';
import { intTensor, zeroTensor } from '../engine/tensors.ts';
import { LENGTHS } from '../surgery/fresh-prompt.ts';

/** A fresh prompt as a batch of one: every token seen, nothing before it. More than a graph after surgery may want. */
export function promptFeeds(inputs: DecoderInputs, ids: readonly number[]): Map<string, TensorValue> {
  const type = inputs.integerType === DataType.INT64 ? 'int64' : 'int32';
  const row = (values: readonly number[]) => intTensor(type, values, [1, values.length]);
  const feeds = new Map<string, TensorValue>([
    [inputs.tokenIds, row(ids)],
    [LENGTHS.lastToken, intTensor('int32', [ids.length - 1], [1])],
    [LENGTHS.tokens, intTensor('int32', [ids.length], [1])],
  ]);
  if (inputs.attentionMask !== undefined) feeds.set(inputs.attentionMask, row(ids.map(() => 1)));
  if (inputs.positionIds !== undefined) feeds.set(inputs.positionIds, row(ids.map((_, position) => position)));
  for (const past of inputs.past) feeds.set(past.name, emptyState(past));
  return feeds;
}

/** Those that a graph takes in. */
export function feedsOf({ graph }: OnnxModel, feeds: ReadonlyMap<string, TensorValue>): Record<string, TensorValue> {
  const wanted = new Set(graph.input.map(({ name }) => name));
  return Object.fromEntries([...feeds].filter(([name]) => wanted.has(name)));
}

function emptyState({ elementType, dims }: PastInput): TensorValue {
  return zeroTensor(elementType === DataType.FLOAT16 ? 'float16' : 'float32', dims);
}
