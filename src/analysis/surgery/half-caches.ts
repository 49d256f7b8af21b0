import { elementType } from '../../onnx/element-type.ts';
import { DataType, valueInfo } from '../../onnx/graph-builder.ts';
import { indexGraph } from '../../onnx/graph-index.ts';
import type { OnnxModel } from '../../onnx/model.ts';
import type { CachedState } from './cached-decoder.ts';

/**
 * Lets the caches of a model whose attention computes in f16 enter and leave it in f16, in place, without casts on the
 * way. Besides the time, a cast would be wrong: ONNX Runtime takes what it makes for a buffer in which attention may
 * put the longer cache that comes out.
 */
export function keepCachesInHalf({ graph }: OnnxModel, states: readonly CachedState[]): CachedState[] {
  const index = indexGraph(graph);
  const dropped = new Set<string>();
  const kept = states.map(({ past, present }) => {
    const [cast, ...others] = index.consumers.get(past.name) ?? [];
    const widened = index.producers.get(present);
    const half = widened?.input[0] ?? '';
    const isHalf =
      cast?.opType === 'Cast' &&
      others.length === 0 &&
      widened?.opType === 'Cast' &&
      elementType(index, cast.output[0] ?? '') === DataType.FLOAT16;
    if (!isHalf) return { past, present };
    for (const node of [cast, widened]) dropped.add(node.output[0] as string);
    for (const reader of index.consumers.get(cast.output[0] as string) ?? [])
      reader.input = reader.input.map((name) => (name === cast.output[0] ? past.name : name));
    graph.input = graph.input.map((info) =>
      info.name === past.name ? valueInfo(past.name, DataType.FLOAT16, cacheShape(past.dims)) : info,
    );
    graph.output = graph.output.map((info) => (info.name === present ? valueInfo(half, DataType.FLOAT16) : info));
    return { past: { ...past, elementType: DataType.FLOAT16 }, present: half };
  });
  graph.node = graph.node.filter(({ output }) => !dropped.has(output[0] ?? ''));
  return kept;
}

/** What is empty in a fresh prompt grows. */
function cacheShape(dims: readonly number[]): (number | string)[] {
  return dims.map((size) => (size === 0 ? 'past_sequence' : size));
}
