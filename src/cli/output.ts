import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { inputError } from '../errors.ts';
import { writingError } from '../file-system-error.ts';
import { onInterrupt } from './interrupt.ts';

/**
 * The one door for data: to a file when `-o` names one, else to standard output. A file appears under its name only when
 * it is whole.
 */
export async function writeData(text: string, file: string | undefined): Promise<void> {
  if (file === undefined) await writeToStdout(text);
  else await writeToFile(text, file);
}

async function writeToStdout(text: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    // `| head` has read enough: that is how pipes end, not a failure.
    if (errorCode(error) !== 'EPIPE') throw writeError('standard output', error);
  }
}

/** Refuses, before any work is done, a file that cannot be written where it is. */
export async function requireWritable(file: string | undefined): Promise<void> {
  if (file === undefined) return;
  const present = await stat(file).catch(() => undefined);
  if (present?.isDirectory()) {
    throw inputError('The output file is a folder.', {
      where: `-o ${file}`,
      expected: 'the name of a file',
      got: 'a folder',
      remedy: `-o ${join(file, 'NAME')} writes into it`,
    });
  }
  const folder = await stat(dirname(file)).catch(() => undefined);
  if (present === undefined && folder === undefined) throw noSuchFolder(`-o ${file}`);
}

async function writeToFile(text: string, file: string): Promise<void> {
  await requireWritable(file);
  const target = await realpath(file).catch(() => file);
  const present = await stat(target).catch(() => undefined);
  // A pipe or device has no half-written state, and must not be replaced by a file.
  const direct = present !== undefined && !present.isFile();
  const path = direct ? target : join(dirname(target), `.${basename(target)}.${process.pid}.partial`);
  const forget = direct ? () => undefined : onInterrupt(() => rmSync(path, { force: true }));
  try {
    const handle = await open(path, direct ? 'w' : 'wx');
    try {
      await handle.writeFile(text);
      if (!direct) await handle.sync();
    } finally {
      await handle.close();
    }
    if (!direct) await rename(path, target);
  } catch (error) {
    if (!direct) await rm(path, { force: true });
    throw writeError(`-o ${file}`, error);
  } finally {
    forget();
  }
}

/** @param where `-o FILE`, or standard output */
function writeError(where: string, error: unknown): unknown {
  return errorCode(error) === 'ENOENT' ? noSuchFolder(where, error) : writingError(where, error);
}

function noSuchFolder(where: string, cause?: unknown): Error {
  return inputError('The folder of the output file does not exist.', {
    where,
    expected: 'a file in a folder that is there',
    got: 'no such folder',
    remedy: 'make it first, or choose another place',
    cause,
  });
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
