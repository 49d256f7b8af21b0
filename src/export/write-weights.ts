import type { PlacedTensor } from './decoder/decoder-weights.ts';
import { type PlannedTensor, type PlannedWeight, tensorBytes } from './decoder/plan.ts';
import type { AdapterSurvival, ManifestFile, ManifestTensor, QuantizationError } from './folder/manifest.ts';
import type { FinishedStore, StoredTensor, TensorStore } from './folder/tensor-store.ts';
import type { MergedWeights } from './lora/merge-adapter.ts';
import type { ExportHooks } from './progress.ts';
import { encodeRows } from './quantize/encode-rows.ts';
import { QuantizationErrors } from './quantize/quantization-errors.ts';
import { type ChangedRows, SurvivalSums } from './quantize/survival.ts';
import type { ExportSource } from './source.ts';
import { type StoredRows, unstorable, writeWeight } from './write-weight.ts';

/** All weights of a plan, as they were written. */
export interface WrittenWeights {
  readonly tensors: readonly ManifestTensor[];
  readonly files: readonly ManifestFile[];
  readonly quantizationError: readonly QuantizationError[];
  /** Undefined without an adapter. */
  readonly adapterSurvival: readonly AdapterSurvival[] | undefined;
}

/** Streams all weights into the store and measures what storing them costs. The store is finished afterwards. */
export async function writeWeights(
  plan: readonly PlannedWeight[],
  source: ExportSource,
  store: TensorStore,
  hooks: ExportHooks,
): Promise<WrittenWeights> {
  const errors = new QuantizationErrors();
  const { merged } = source;
  const survival = merged && new SurvivalSums();
  const advance = weightsProgress(plan, source.checkpoint.config.layers, hooks);
  const onRows = async (rows: StoredRows): Promise<void> => {
    const { weight, name, original, stored } = rows;
    if (!errors.add(weight.kind, storedBits(weight), name, original, stored)) throw unstorable(rows);
    if (survival !== undefined && merged?.changes(name) !== undefined) {
      survival.add(weight.kind, storedBits(weight), name, await changedRows(rows, merged));
    }
    advance(rows);
  };
  const placed: { weight: PlannedWeight; tensor: PlannedTensor; stored: StoredTensor }[] = [];
  for (const weight of plan) {
    const stored = await writeWeight(weight, source.weights, store, onRows);
    for (const [i, tensor] of weight.tensors.entries()) placed.push({ weight, tensor, stored: stored[i]! });
  }
  const finished = await store.finish();
  return {
    tensors: placed.map(({ weight, tensor, stored }) => manifestTensor(weight, tensor, stored, finished)),
    files: finished.files,
    quantizationError: errors.summary(),
    adapterSurvival: survival?.summary(),
  };
}

/** The tensors as the graph names them. */
export function placedTensors(tensors: readonly ManifestTensor[]): PlacedTensor[] {
  return tensors.map(({ name, dtype, shape, file, offset, bytes }) => ({
    name,
    dtype,
    shape,
    data: { file, offset, length: bytes },
  }));
}

/** Rows that an adapter changes, and what storing them without it would give. */
async function changedRows(rows: StoredRows, merged: MergedWeights): Promise<ChangedRows> {
  const { weight, name, from, to, columns, original, stored } = rows;
  const base = await merged.baseRows(name, from, to);
  const storedBase = encodeRows(base, columns, weight.encoding).stored;
  return { base, merged: original, storedBase, storedMerged: stored };
}

function storedBits({ encoding }: PlannedWeight): QuantizationError['bits'] {
  if (encoding.form === 'blocks') return encoding.bits;
  return encoding.form === 'f16' ? 16 : 32;
}

function manifestTensor(
  weight: PlannedWeight,
  tensor: PlannedTensor,
  stored: StoredTensor,
  finished: FinishedStore,
): ManifestTensor {
  const { offset, bytes, sha256 } = stored;
  return {
    name: tensor.name,
    kind: weight.kind,
    ...(weight.layer !== undefined && { layer: weight.layer }),
    dtype: tensor.dtype,
    shape: [...tensor.shape],
    file: finished.fileOf(stored),
    offset,
    bytes,
    sha256,
  };
}

function weightsProgress(
  plan: readonly PlannedWeight[],
  layers: number,
  hooks: ExportHooks,
): (rows: StoredRows) => void {
  const size = (weight: PlannedWeight): number => weight.tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  const totalBytes = plan.reduce((sum, weight) => sum + size(weight), 0);
  let bytes = 0;
  return ({ weight, from, to }) => {
    hooks.signal?.throwIfAborted();
    const rows = weight.sourceShape[0]! * weight.sources.flat().length;
    bytes += (size(weight) * (to - from)) / rows;
    hooks.onProgress?.({ phase: 'weights', layer: weight.layer, layers, bytes: Math.round(bytes), totalBytes });
  };
}
