import { join } from 'node:path';
import { inputError } from './errors.ts';
import { jsonDepth } from './json-depth.ts';
import { LIMITS } from './limits.ts';
import { pinFile, readPinnedFile, readWhole } from './pinned-file.ts';

/**
 * Text of `folder`/`name`, a UTF-8 file of at most `limitBytes`, opened as {@link readPinnedFile} does; a byte order mark
 * is left out. `undefined` when there is no such file.
 */
export async function readFolderText(folder: string, name: string, limitBytes: number): Promise<string | undefined> {
  const bytes = await readPinnedFile(folder, name, limitBytes);
  return bytes && decodeUtf8(bytes, join(folder, name));
}

/** Text of the UTF-8 file that a user named, wherever it is. */
export async function readTextFile(path: string, limitBytes: number): Promise<string> {
  const file = await pinFile(path);
  if (file === undefined) {
    throw inputError('A file was not found.', {
      where: path,
      expected: 'a file that can be read',
      got: 'no such file',
      remedy: 'check the path',
    });
  }
  try {
    return decodeUtf8(await readWhole(file, '', limitBytes), path);
  } finally {
    await file.close();
  }
}

/** Strict UTF-8 to text; `where` names the source in the error. */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw inputError('A text is not valid UTF-8.', { where, cause: error });
  }
}

/** Parsed JSON; an input error that names the file when it is none, or nested too deeply. */
export function parseJson(text: string, where: string): unknown {
  const depth = jsonDepth(text);
  if (depth > LIMITS.jsonDepth) {
    throw inputError('This JSON is nested too deeply.', {
      where,
      expected: `at most ${LIMITS.jsonDepth} levels`,
      got: `${depth} levels`,
    });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw inputError('A file is not valid JSON.', {
      where,
      expected: 'one whole JSON document',
      got: reason(error),
      remedy: 'fetch or make this file again: it may have been cut off',
      cause: error,
    });
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
