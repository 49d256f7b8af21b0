import { stat } from 'node:fs/promises';
import { inputError } from '../../errors.ts';
import type { DataFile } from './data-files.ts';

/**
 * The runtime opens data files by their names, some time after they were checked: call this when it has read them.
 * @throws FtLensError (input) when another file has taken the place of one, or it was written to
 */
export async function requireUnchanged(dataFiles: Iterable<DataFile>): Promise<void> {
  for (const { path, bytes, identity, modified } of dataFiles) {
    const status = await stat(path, { bigint: true }).catch(() => undefined);
    const same =
      status !== undefined &&
      Number(status.size) === bytes &&
      String(status.mtimeNs) === modified &&
      (identity === undefined || identity === `${status.dev}:${status.ino}`);
    if (same) continue;
    throw inputError('A data file of the model was changed while it was read.', {
      where: path,
      expected: 'the file that was there at the beginning',
      got: status === undefined ? 'no such file' : 'another file, or other content',
      remedy: 'wait until the file is complete, then run the same command',
    });
  }
}
