import type { PlacedTensor } from './decoder/decoder-weights.ts';
import type { PlannedWeight } from './decoder/plan.ts';
import type { AdapterSurvival, ManifestFile, ManifestTensor, QuantizationError } from './folder/manifest.ts';
import type { FinishedStore, StoredTensor } from './folder/tensor-store.ts';
import { QuantizationErrors } from './quantize/quantization-errors.ts';
import { AdapterSurvivals } from './quantize/survival.ts';
import type { WrittenWeight } from './written-weight.ts';

/** All weights of a plan, as they were written. */
export interface WrittenWeights {
  readonly tensors: readonly ManifestTensor[];
  readonly files: readonly ManifestFile[];
  readonly quantizationError: readonly QuantizationError[];
  /** Undefined without an adapter. */
  readonly adapterSurvival: readonly AdapterSurvival[] | undefined;
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

/**
 * @param written what became of each weight of the plan
 * @param adapted an adapter was merged
 */
export function describeWritten(
  plan: readonly PlannedWeight[],
  written: readonly WrittenWeight[],
  adapted: boolean,
  finished: FinishedStore,
): WrittenWeights {
  const errors = new QuantizationErrors();
  const survivals = new AdapterSurvivals();
  for (const [i, weight] of plan.entries()) {
    const { errors: sums, survival } = written[i]!;
    for (const [j, name] of weight.sources.flat().entries())
      errors.add(weight.kind, storedBits(weight), name, sums[j]!);
    if (survival !== undefined) survivals.add(weight.kind, storedBits(weight), survival);
  }
  return {
    tensors: plan.flatMap((weight, i) => manifestTensors(weight, written[i]!.tensors, finished)),
    files: finished.files,
    quantizationError: errors.summary(),
    adapterSurvival: adapted ? survivals.summary() : undefined,
  };
}

function storedBits({ encoding }: PlannedWeight): QuantizationError['bits'] {
  if (encoding.form === 'blocks') return encoding.bits;
  return encoding.form === 'f16' ? 16 : 32;
}

function manifestTensors(
  weight: PlannedWeight,
  stored: readonly StoredTensor[],
  finished: FinishedStore,
): ManifestTensor[] {
  return weight.tensors.map(({ name, dtype, shape }, i) => {
    const tensor = stored[i]!;
    return {
      name,
      kind: weight.kind,
      ...(weight.layer !== undefined && { layer: weight.layer }),
      dtype,
      shape: [...shape],
      file: finished.fileOf(tensor),
      offset: tensor.offset,
      bytes: tensor.bytes,
      sha256: tensor.sha256,
    };
  });
}
