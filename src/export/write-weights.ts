import { availableParallelism } from 'node:os';
import { checkStored } from './check-stored.ts';
import { type Chunk, chunksOf } from './chunks.ts';
import { type PlannedWeight, tensorBytes } from './decoder/plan.ts';
import { describeWritten, type WrittenWeights } from './describe-written.ts';
import { EncodedChunks } from './encoded-chunks.ts';
import { partOf } from './folder/data-file-names.ts';
import type { TensorStore } from './folder/tensor-store.ts';
import type { ExportHooks } from './progress.ts';
import type { ExportSource } from './source.ts';
import { WeightSums } from './weight-sums.ts';
import type { WrittenWeight } from './written-weight.ts';

export interface WriteOptions {
  readonly hooks: ExportHooks;
  /** One for each core by default. */
  readonly threads?: number | undefined;
  /** The first weights of the plan, which the store holds already. */
  readonly resumed?: readonly WrittenWeight[];
  /** Called with each weight once its bytes have gone to the store, in the order of the plan. */
  onWritten?(weight: WrittenWeight): Promise<void>;
}

/**
 * Streams all weights into the store and measures what storing them costs. Chunks are read and written here and encoded
 * by threads meanwhile; bytes and sums are the same with any number of them. The store is finished afterwards.
 */
export async function writeWeights(
  plan: readonly PlannedWeight[],
  source: ExportSource,
  store: TensorStore,
  { hooks, threads, resumed = [], onWritten }: WriteOptions,
): Promise<WrittenWeights> {
  const written = [...resumed];
  const rest = plan.slice(resumed.length);
  const advance = weightsProgress(plan, resumed.length, source, hooks);
  const chunks = new EncodedChunks(rest.flatMap(chunksOf), source, threads ?? defaultThreads(), hooks.signal);
  try {
    for (const weight of rest) {
      const result = await writeWeight(weight, chunks, source, store, advance);
      written.push(result);
      await onWritten?.(result);
    }
  } finally {
    await chunks.close();
  }
  return describeWritten(plan, written, source.merged !== undefined, await store.finish());
}

/** Appends the tensors of a weight to the store, from the next of the encoded chunks. */
async function writeWeight(
  weight: PlannedWeight,
  chunks: EncodedChunks,
  source: ExportSource,
  store: TensorStore,
  advance: (chunk: Chunk) => void,
): Promise<WrittenWeight> {
  const sums = new WeightSums(weight);
  // A store takes one tensor after the other, so the scales wait: 4 bytes a block.
  const scales: Uint8Array[] = [];
  async function* values(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunksOf(weight)) {
      const { parts, sums: ofChunk, leave } = await chunks.next();
      await checkStored(chunk, ofChunk, source);
      sums.add(chunk, ofChunk);
      advance(chunk);
      const [first, second] = parts as [Uint8Array, Uint8Array?];
      yield first;
      if (second !== undefined) scales.push(second.slice());
      leave();
    }
  }
  const part = partOf(weight.kind);
  const tensors = [await store.add(part, values())];
  if (weight.tensors.length > 1) tensors.push(await store.add(part, scales));
  return sums.written(tensors);
}

/** One for each core; more than 16 would wait for the thread that hashes and writes. */
function defaultThreads(): number {
  return Math.min(availableParallelism(), 16);
}

/** Reports every chunk, and stops the work when it is to be stopped. */
function weightsProgress(
  plan: readonly PlannedWeight[],
  resumed: number,
  source: ExportSource,
  hooks: ExportHooks,
): (chunk: Chunk) => void {
  const size = (weight: PlannedWeight): number => weight.tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const total = (weights: readonly PlannedWeight[]): number => weights.reduce((sum, weight) => sum + size(weight), 0);
  const totalBytes = total(plan);
  const { layers } = source.checkpoint.config;
  let bytes = total(plan.slice(0, resumed));
  source.follow?.(bytes / totalBytes);
  return ({ weight, names, from, to }) => {
    hooks.signal?.throwIfAborted();
    const rows = weight.sourceShape[0]! * weight.sources.flat().length;
    bytes += (size(weight) * names.length * (to - from)) / rows;
    source.follow?.(bytes / totalBytes);
    hooks.onProgress?.({ phase: 'weights', layer: weight.layer, layers, bytes: Math.round(bytes), totalBytes });
  };
}
