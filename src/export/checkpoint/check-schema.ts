import type { z } from 'zod';
import { inputError } from '../../errors.ts';

/**
 * The content of a JSON file, as the schema gives it.
 * @throws FtLensError (input) that names the first key that is wrong
 */
export function checkSchema<T>(schema: z.ZodType<T>, json: unknown, file: string): T {
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = issue?.path.map(String).join('.') ?? '';
  throw inputError('A key of this file does not have the value it should.', {
    where: key === '' ? file : `${file}, key ${key}`,
    got: issue?.message,
    cause: parsed.error,
  });
}
