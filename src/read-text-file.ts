import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { inputError } from './errors.ts';

/**
 * Text of a UTF-8 file of at most `limitBytes`; a byte order mark is left out. `undefined` when there is no such file.
 * The size is checked on the open file before anything is read, and only a regular file is read at all: a pipe or a
 * device could deliver without an end.
 */
export async function readTextFileIfPresent(path: string, limitBytes: number): Promise<string | undefined> {
  let file: FileHandle;
  try {
    // O_NONBLOCK: opening a pipe that nobody writes to must not wait.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isFileSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw inputError('A file could not be opened.', { where: path, got: reason(error), cause: error });
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) throw inputError('A file was expected.', { where: path, got: 'a folder, pipe or device' });
    if (status.size > limitBytes) {
      throw inputError('A file is larger than such files ever are.', {
        where: path,
        expected: `at most ${limitBytes} bytes`,
        got: `${status.size} bytes`,
      });
    }
    return decodeUtf8(await file.readFile(), path);
  } finally {
    await file.close();
  }
}

/** As {@link readTextFileIfPresent}, but a missing file is an input error. */
export async function readTextFile(path: string, limitBytes: number): Promise<string> {
  const text = await readTextFileIfPresent(path, limitBytes);
  if (text === undefined) throw inputError('A file was not found.', { where: path, got: 'no such file' });
  return text;
}

/** Strict UTF-8 to text; `where` names the source in the error. */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw inputError('A text is not valid UTF-8.', { where, cause: error });
  }
}

/** Parsed JSON; an input error that names the file when it is none. */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw inputError('A file is not valid JSON.', { where, got: reason(error), cause: error });
  }
}

function isFileSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
