import { describe, expect, it } from 'vitest';
import { inputError } from '../../../src/errors.ts';
import { writing } from '../../../src/export/folder/file-system-error.ts';

const failing = (error: Error) => writing('/out/file', () => Promise.reject(error));
const systemError = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

describe('writing', () => {
  it.each([
    ['ENOSPC', 'The disk is full.', 'runtime'],
    ['EACCES', 'There is no permission to write here.', 'input'],
  ])('says what %s means', async (code, message, kind) => {
    await expect(failing(systemError(code))).rejects.toMatchObject({ message, kind, where: '/out/file', got: code });
  });

  it.each([systemError('EXDEV'), new TypeError('defect'), inputError('Known.')])('passes on %s', async (error) => {
    await expect(failing(error)).rejects.toBe(error);
  });
});
