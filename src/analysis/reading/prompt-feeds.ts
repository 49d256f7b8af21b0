import { DataType } from '../../onnx/graph-builder.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import type { DecoderInputs, PastInput } from '../anatomy/types.ts';
import type { Feed, TensorValue } from '../engine/protocol.ts';
import { intTensor, zeroTensor } from '../engine/tensors.ts';
import { LENGTHS } from '../surgery/fresh-prompt.ts';

/** A fresh prompt as a batch of one: every token seen, nothing before it. More than a graph after surgery may want. */
export function promptFeeds(inputs: DecoderInputs, ids: readonly number[]): Map<string, TensorValue> {
  return new Map([...tokenFeeds(inputs, ids, 0), ...emptyStates(inputs.past)]);
}

/**
 * Tokens after others, as a batch of one; what the states hold of those is fed beside it.
 * @param before how many tokens stand before these
 */
export function tokenFeeds(inputs: DecoderInputs, ids: readonly number[], before: number): Map<string, TensorValue> {
  const type = inputs.integerType === DataType.INT64 ? 'int64' : 'int32';
  const row = (values: readonly number[]) => intTensor(type, values, [1, values.length]);
  const total = before + ids.length;
  const feeds = new Map<string, TensorValue>([
    [inputs.tokenIds, row(ids)],
    [LENGTHS.lastToken, intTensor('int32', [total - 1], [1])],
    [LENGTHS.tokens, intTensor('int32', [total], [1])],
  ]);
  if (inputs.attentionMask !== undefined) feeds.set(inputs.attentionMask, row(Array.from({ length: total }, () => 1)));
  if (inputs.positionIds !== undefined) feeds.set(inputs.positionIds, row(ids.map((_, i) => before + i)));
  return feeds;
}

/** Those that a graph takes in. */
export function feedsOf<Fed extends Feed>({ graph }: OnnxModel, feeds: ReadonlyMap<string, Fed>): Record<string, Fed> {
  const wanted = new Set(graph.input.map(({ name }) => name));
  return Object.fromEntries([...feeds].filter(([name]) => wanted.has(name)));
}

/** What a fresh prompt has instead of a past, by the names of its inputs. */
export function emptyStates(past: readonly PastInput[]): Map<string, TensorValue> {
  return new Map(past.map((input) => [input.name, emptyState(input)]));
}

function emptyState({ elementType, dims }: PastInput): TensorValue {
  return zeroTensor(elementType === DataType.FLOAT16 ? 'float16' : 'float32', dims);
}
