import { dirname } from 'node:path';
import type { ExportTask } from './begin-export.ts';
import { type PlannedTensor, type PlannedWeight, tensorBytes } from './decoder/plan.ts';
import { partOf, PARTS } from './folder/data-file-names.ts';
import { requireSpace } from './folder/disk-space.ts';
import { TENSOR_ALIGNMENT } from './folder/tensor-store.ts';
import type { ExportSource } from './source.ts';

/** Of the graph and the manifest, for each tensor: names, shapes and hashes. Measured: 0.9 kB. */
const DESCRIPTION_BYTES = 2_048;

/** @throws FtLensError when the disk has no room for the weights that are still to be written, and the files beside them */
export async function requireSpaceFor(
  { folder, plan, shared, modelFiles }: ExportTask,
  source: ExportSource,
  written: number,
): Promise<void> {
  const isChanged = (name: string): boolean => source.merged?.changes(name) !== undefined;
  const isShared = ({ tensors, sources }: PlannedWeight): boolean =>
    shared !== undefined && tensors.every((tensor) => shared.hasLike(tensor)) && !sources.flat().some(isChanged);
  const bytes = plannedBytes(plan.slice(written), isShared) + modelFiles.bytes;
  await requireSpace(dirname(folder.partialPath), bytes);
}

/**
 * Room that the weights of a plan need on the disk.
 * @param isShared whether another export is expected to have the same bytes: in the file of each part, these need only
 * room for the largest of them, until it has been compared
 */
export function plannedBytes(plan: readonly PlannedWeight[], isShared: (weight: PlannedWeight) => boolean): number {
  const own = plan.filter((weight) => !isShared(weight)).map(roomForWeight);
  const compared = PARTS.map((part) => {
    const ofPart = plan.filter((weight) => isShared(weight) && partOf(weight.kind) === part);
    return Math.max(0, ...ofPart.map(roomForWeight));
  });
  return [...own, ...compared].reduce((sum, room) => sum + room, 0);
}

function roomForWeight({ tensors }: PlannedWeight): number {
  return tensors.reduce((sum, tensor) => sum + roomForTensor(tensor), 0);
}

function roomForTensor(tensor: PlannedTensor): number {
  return Math.ceil(tensorBytes(tensor) / TENSOR_ALIGNMENT) * TENSOR_ALIGNMENT + DESCRIPTION_BYTES;
}
