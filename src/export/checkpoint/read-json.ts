import { join } from 'node:path';
import { readPinnedFile } from './pinned-file.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * A JSON file of a checkpoint or adapter folder.
 * @returns undefined when there is no such file
 * @throws FtLensError (input) when it is too large or not JSON
 */
export async function readJson(folder: string, name: string, maxBytes: number): Promise<unknown> {
  const bytes = await readPinnedFile(folder, name, maxBytes);
  return bytes && parseStrictJson(bytes, join(folder, name));
}
