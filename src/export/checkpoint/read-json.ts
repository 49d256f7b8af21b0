import { join } from 'node:path';
import { inputError } from '../../errors.ts';
import { parseJsonBytes } from './json-text.ts';
import { openPinnedFile } from './pinned-file.ts';

/**
 * A JSON file of a checkpoint or adapter folder.
 * @returns undefined when there is no such file
 * @throws FtLensError (input) when it is too large or not JSON
 */
export async function readJson(folder: string, name: string, maxBytes: number): Promise<unknown> {
  const file = await openPinnedFile(folder, name);
  if (file === undefined) return undefined;
  try {
    if (file.bytes > maxBytes) {
      throw inputError('This JSON file is too large.', {
        where: join(folder, name),
        expected: `at most ${maxBytes} bytes`,
        got: `${file.bytes} bytes`,
      });
    }
    return parseJsonBytes(await file.read(0, file.bytes), join(folder, name));
  } finally {
    await file.close();
  }
}
