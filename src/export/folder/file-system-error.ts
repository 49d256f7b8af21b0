import { FtLensError, inputError, runtimeError } from '../../errors.ts';

/** Failures of the machine, not of the call: what was asked for is right, but it cannot be written now. */
const MACHINE_FAILURES: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'The disk is full.'],
  ['EDQUOT', 'The disk quota is used up.'],
  ['EIO', 'The disk reported an error.'],
  ['EMFILE', 'Too many files are open.'],
]);

const INPUT_FAILURES: ReadonlyMap<string, string> = new Map([
  ['EACCES', 'There is no permission to write here.'],
  ['EPERM', 'The file system does not allow this.'],
  ['EROFS', 'This file system can only be read.'],
  ['ENOTDIR', 'A part of this path is a file, not a folder.'],
  ['ENOTEMPTY', 'Something was put into this folder meanwhile.'],
  ['ENAMETOOLONG', 'This path is too long.'],
]);

/** Runs a step that writes files; a failure of the file system becomes a message that names the path. */
export async function writing<T>(path: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof FtLensError) throw cause;
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    const machine = MACHINE_FAILURES.get(code);
    if (machine !== undefined) throw runtimeError(machine, { where: path, got: code, cause });
    const input = INPUT_FAILURES.get(code);
    if (input !== undefined) throw inputError(input, { where: path, got: code, cause });
    throw cause;
  }
}
