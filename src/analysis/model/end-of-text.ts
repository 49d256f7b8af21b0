import { join } from 'node:path';
import * as z from 'zod';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson, readFolderText } from '../../read-text-file.ts';
import { issueText } from '../../zod-issues.ts';
import { CONFIG_FILE } from './model-config.ts';

const GENERATION_CONFIG_FILE = 'generation_config.json';

const tokenId = z.int().nonnegative().max(LIMITS.vocabSize);
const endOfTextSchema = z.looseObject({
  eos_token_id: z.union([tokenId, z.array(tokenId).max(LIMITS.endOfTextTokens)]).nullish(),
});

/**
 * Ids of the tokens that end a text, as a model folder gives them: `eos_token_id` of generation_config.json, or else of
 * config.json. Empty when neither says.
 */
export async function readEndOfText(folder: string): Promise<ReadonlySet<number>> {
  for (const file of [GENERATION_CONFIG_FILE, CONFIG_FILE]) {
    const ids = await endOfTextIn(folder, file);
    if (ids !== undefined) return ids;
  }
  return new Set();
}

async function endOfTextIn(folder: string, file: string): Promise<ReadonlySet<number> | undefined> {
  const where = join(folder, file);
  const text = await readFolderText(folder, file, LIMITS.configBytes);
  if (text === undefined) return undefined;
  const parsed = endOfTextSchema.safeParse(parseJson(text, where));
  if (!parsed.success)
    throw inputError('A file of the model folder does not say which tokens end a text.', {
      where: `${where}, eos_token_id`,
      expected: 'a token id, a list of token ids, or nothing',
      got: issueText(parsed.error),
      remedy: 'copy this file from the checkpoint again',
    });
  const ids = parsed.data.eos_token_id;
  if (ids === undefined || ids === null) return undefined;
  return new Set(typeof ids === 'number' ? [ids] : ids);
}
