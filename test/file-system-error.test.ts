import { describe, expect, it } from 'vitest';
import { inputError } from '../src/errors.ts';
import { writing, writingError } from '../src/file-system-error.ts';

const systemError = (code: string): Error => Object.assign(new Error(`${code}: no`), { code, errno: -1 });

describe('a failure of the file system', () => {
  it.each([
    ['ENOSPC', 'The disk is full.', 'runtime', 3],
    ['EDQUOT', 'The disk quota is used up.', 'runtime', 3],
    ['ESTALE', 'The file system does not answer.', 'runtime', 3],
    ['EACCES', 'There is no permission to write here.', 'input', 2],
    ['EFBIG', 'A file would be larger than may be written here.', 'input', 2],
    ['EBUSY', 'The file system refused to write here.', 'input', 2],
  ])('%s becomes a message with something to do', async (code, message, kind, exitCode) => {
    const step = () => Promise.reject(systemError(code));
    await expect(writing('/out/file', step)).rejects.toMatchObject({
      message,
      kind,
      exitCode,
      where: '/out/file',
      got: expect.stringContaining(code) as string,
      remedy: expect.stringMatching(/\w/) as string,
    });
  });

  it.each([
    new TypeError('a defect'),
    Object.assign(new TypeError('of Node itself'), { code: 'ERR_INVALID_ARG_VALUE' }),
    inputError('Known.'),
  ])('is told from %s', (error) => {
    expect(writingError('/out/file', error)).toBe(error);
  });
});
