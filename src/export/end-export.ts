import { FtLensError } from '../errors.ts';
import { isSystemError } from '../file-system-error.ts';
import type { ExportTask } from './begin-export.ts';
import { Journal } from './folder/journal.ts';
import type { NewFolder } from './folder/new-folder.ts';
import type { ExportHooks } from './progress.ts';

/** Gives the finished export its name. When that fails, all its bytes are kept. */
export async function publishExport(task: ExportTask, hooks: ExportHooks): Promise<void> {
  try {
    await publishFolder(task.folder, hooks);
  } catch (error) {
    await keep(task, hooks);
    throw error;
  }
}

/** Gives a finished folder its name. That the folder it replaces cannot be removed afterwards is no failure. */
export async function publishFolder(folder: NewFolder, hooks: ExportHooks): Promise<void> {
  const leftover = await folder.publish();
  if (leftover === undefined) return;
  const text = `The new folder is whole, but the one that it replaces could not be removed: ${leftover}`;
  hooks.onNotice?.({ level: 'warning', text });
}

/**
 * After a failure: what can be gone on with stays, and the user is told so. A wrong input has to change first, which
 * makes another export of it: then nothing stays. What the file system refuses is another matter: a limit can be raised.
 */
export async function leaveUnfinished(task: ExportTask, error: unknown, hooks: ExportHooks): Promise<void> {
  const wrongInput =
    error instanceof FtLensError && ['input', 'usage'].includes(error.kind) && !isSystemError(error.cause);
  if (wrongInput) await task.folder.discard();
  else await keep(task, hooks);
}

async function keep({ folder, plan }: ExportTask, hooks: ExportHooks): Promise<void> {
  const weights = (await Journal.read(folder.journal))?.entries.length ?? 0;
  if (weights === 0) return folder.discard();
  await folder.keep();
  hooks.onNotice?.({
    level: 'note',
    text: `${folder.partialPath} holds ${weights} of ${plan.length} weights: the same command goes on from there. Remove it to give them up.`,
  });
}
