import { FtLensError, inputError, runtimeError } from './errors.ts';

interface Failure {
  readonly sentence: string;
  /** What the reader can do about it. */
  readonly remedy: string;
}

/** Failures of the machine, not of the call: what was asked for is right, but it cannot be written now. */
const MACHINE_FAILURES: ReadonlyMap<string, Failure> = new Map([
  ['ENOSPC', { sentence: 'The disk is full.', remedy: 'free some room there, or choose a place on another disk' }],
  ['EDQUOT', { sentence: 'The disk quota is used up.', remedy: 'free some room there, or choose another place' }],
  [
    'EIO',
    { sentence: 'The disk reported an error.', remedy: 'look into the log of the system: the disk may be failing' },
  ],
  ['EMFILE', { sentence: 'Too many files are open.', remedy: 'raise the limit of open files: ulimit -n 4096' }],
  ['ENFILE', { sentence: 'Too many files are open.', remedy: 'close other programs' }],
  // What the system says of a network share, or a disk, that is gone for a while or for good.
  ...['ESTALE', 'ETIMEDOUT', 'ENOTCONN', 'ENODEV', 'ENXIO'].map((code): [string, Failure] => [
    code,
    { sentence: 'The file system does not answer.', remedy: 'see that it is there again, then run the same command' },
  ]),
]);

const ELSEWHERE = 'choose another place';
const PERMISSION = 'choose another place, or give yourself the permission to write there';

const INPUT_FAILURES: ReadonlyMap<string, Failure> = new Map([
  ['EACCES', { sentence: 'There is no permission to write here.', remedy: PERMISSION }],
  ['EPERM', { sentence: 'The file system does not allow this.', remedy: PERMISSION }],
  ['EROFS', { sentence: 'This file system can only be read.', remedy: ELSEWHERE }],
  ['ENOENT', { sentence: 'There is no such folder, and none can be made here.', remedy: ELSEWHERE }],
  ['ENOTDIR', { sentence: 'A part of this path is a file, not a folder.', remedy: ELSEWHERE }],
  ['ENOTEMPTY', { sentence: 'Something was put into this folder meanwhile.', remedy: ELSEWHERE }],
  ['EEXIST', { sentence: 'Something has this name already.', remedy: ELSEWHERE }],
  ['ENAMETOOLONG', { sentence: 'This path is too long.', remedy: 'choose a shorter one' }],
  ['ELOOP', { sentence: 'Links in this path lead in a circle.', remedy: ELSEWHERE }],
  [
    'EFBIG',
    {
      sentence: 'A file would be larger than may be written here.',
      remedy: 'choose another file system (FAT ends at 4 GB), or raise the limit of the shell (ulimit -f unlimited)',
    },
  ],
]);

/** Runs a step that writes files; a failure of the file system becomes a message that names the path. */
export async function writing<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    throw writingError(path, cause);
  }
}

/**
 * What an error means that came up while `where` was written: a full disk and the like are failures of the machine
 * (exit code 3), a place where nothing can be written is a wrong call (2). Other errors come back as they are.
 */
export function writingError(where: string, cause: unknown): unknown {
  if (cause instanceof FtLensError || !isSystemError(cause)) return cause;
  const { code, message } = cause;
  const machine = MACHINE_FAILURES.get(code);
  if (machine !== undefined) {
    return runtimeError(machine.sentence, { where, got: code, remedy: machine.remedy, cause });
  }
  const input = INPUT_FAILURES.get(code);
  if (input !== undefined) return inputError(input.sentence, { where, got: code, remedy: input.remedy, cause });
  return inputError('The file system refused to write here.', { where, got: message, remedy: ELSEWHERE, cause });
}

/** An error that the operating system gave; those of Node itself have codes such as ERR_INVALID_ARG_VALUE, too. */
export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { readonly code: string } {
  return error instanceof Error && 'errno' in error && 'code' in error && typeof error.code === 'string';
}
