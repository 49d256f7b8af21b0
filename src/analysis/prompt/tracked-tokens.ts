import { usageError } from '../../errors.ts';
import type { Tokenizer } from '../tokenizer/types.ts';

/**
 * Ids of the tokens to follow, without repetitions.
 * @throws FtLensError (usage) for a text that is no single token, or an id that the head does not have
 */
export async function trackedTokens(
  texts: readonly string[],
  tokenizer: Tokenizer,
  vocabularySize: number,
): Promise<number[]> {
  const ids = new Set<number>();
  for (const text of texts) {
    const id = await tokenizer.find(text);
    if (id >= vocabularySize)
      throw usageError('A tracked token is none of the model.', {
        where: `--track ${text}`,
        expected: `#0 to #${vocabularySize - 1}`,
        got: `#${id}`,
      });
    ids.add(id);
  }
  return [...ids];
}
