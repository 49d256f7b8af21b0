import { readdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import { type PlannedWeight, tensorBytes } from './decoder/plan.ts';
import { differingKey, type Identity, Journal } from './folder/journal.ts';
import type { NewFolder } from './folder/new-folder.ts';
import type { SharedExport } from './folder/shared-export.ts';
import { TensorStore } from './folder/tensor-store.ts';
import type { ModelFiles } from './model-files.ts';
import type { ExportHooks } from './progress.ts';
import { type WrittenWeight, writtenWeightSchema } from './written-weight.ts';

/** An export whose first weights may have been written by an earlier run. */
export interface BegunExport {
  readonly store: TensorStore;
  /** Takes a {@link WrittenWeight} for each weight that is added to the store. */
  readonly journal: Journal;
  /** The first weights of the plan, which the store holds already. */
  readonly resumed: readonly WrittenWeight[];
}

/** What is exported, and where to. */
export interface ExportTask {
  readonly folder: NewFolder;
  /** What the plan and the bytes of its weights follow from. */
  readonly identity: Identity;
  readonly plan: readonly PlannedWeight[];
  readonly shared: SharedExport | undefined;
  /** Configuration and tokenizer. */
  readonly modelFiles: ModelFiles;
}

/**
 * Goes on with what an earlier run of the same export has left in the folder, as far as its bytes are still those that
 * were written; else begins with an empty folder, and says why when there was something.
 */
export async function beginExport(task: ExportTask, hooks: ExportHooks): Promise<BegunExport> {
  const { folder, identity, shared } = task;
  const resumed = await resumeExport(task, hooks);
  if (typeof resumed === 'object') return resumed;
  if (resumed !== undefined) {
    const text = `What an earlier run left in ${folder.partialPath} is not used: ${resumed}. Starting again.`;
    hooks.onNotice?.({ level: 'warning', text });
  }
  await folder.clear();
  const store = await TensorStore.create(folder.path, shared);
  return { store, journal: await Journal.create(folder.journal, identity), resumed: [] };
}

/** @returns why it cannot be gone on with; undefined when there is nothing to go on with */
async function resumeExport(
  { folder, identity, plan, shared }: ExportTask,
  hooks: ExportHooks,
): Promise<BegunExport | string | undefined> {
  const left = await Journal.read(folder.journal);
  if (left === undefined) return (await readdir(folder.path)).length === 0 ? undefined : 'its journal cannot be read';
  const difference = differingKey(left.identity, identity);
  if (difference !== undefined) return `it was made with another ${difference}`;
  if (left.entries.length === 0) return undefined;
  const weights = weightsOf(left.entries, plan);
  if (weights === undefined) return 'its journal does not fit this export';
  const written = weights.map(({ tensors }) => tensors);
  const { store, whole } = await TensorStore.resume(folder.path, shared, written, readingProgress(weights, hooks));
  if (whole === 0) {
    await store.close();
    return 'its bytes are not those that were written';
  }
  const damaged = whole === weights.length ? '' : '; what comes after them is damaged, and written again';
  hooks.onNotice?.({
    level: 'note',
    text: `Going on where an earlier run ended: ${whole} of ${plan.length} weights are there${damaged}.`,
  });
  const journal = await Journal.resume(folder.journal, left, whole).catch(async (error: unknown) => {
    await store.close();
    throw error;
  });
  return { store, journal, resumed: weights.slice(0, whole) };
}

/** The entries of a journal; undefined when they are not weights with the tensors, and sizes, that the plan says. */
function weightsOf(entries: readonly unknown[], plan: readonly PlannedWeight[]): WrittenWeight[] | undefined {
  const weights = entries.flatMap((entry) => writtenWeightSchema.safeParse(entry).data ?? []);
  const sizes = weights.map(({ tensors }) => tensors.map(({ bytes }) => bytes));
  const planned = plan.slice(0, entries.length).map(({ tensors }) => tensors.map(tensorBytes));
  return isDeepStrictEqual(sizes, planned) ? weights : undefined;
}

function readingProgress(weights: readonly WrittenWeight[], hooks: ExportHooks): (bytes: number) => void {
  const totalBytes = weights.flatMap(({ tensors }) => tensors).reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  return (bytes) => {
    hooks.signal?.throwIfAborted();
    done += bytes;
    hooks.onProgress?.({ phase: 'resume', layer: undefined, layers: 0, bytes: done, totalBytes });
  };
}
