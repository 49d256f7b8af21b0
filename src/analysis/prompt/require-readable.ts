import { inputError, usageError } from '../../errors.ts';

export interface PromptLimits {
  /** longest prompt, in tokens; undefined when config.json does not say */
  readonly maxPositions: number | undefined;
  /** rows of embedding and LM head */
  readonly vocabularySize: number;
}

/** @throws FtLensError (usage, input) for a prompt that the model cannot read */
export function requireReadable(ids: readonly number[], { maxPositions, vocabularySize }: PromptLimits): void {
  if (ids.length === 0)
    throw usageError('The prompt is empty.', { where: 'the prompt', expected: 'at least one token', got: 'none' });
  if (maxPositions !== undefined && ids.length > maxPositions)
    throw inputError('The prompt is longer than the model can read.', {
      where: 'the prompt',
      expected: `at most ${maxPositions} tokens (max_position_embeddings of config.json)`,
      got: `${ids.length} tokens`,
      remedy: 'shorten the prompt',
    });
  const position = ids.findIndex((id) => !Number.isSafeInteger(id) || id < 0 || id >= vocabularySize);
  if (position !== -1)
    throw usageError('The prompt holds a token id that the model does not have.', {
      where: `position ${position} of the prompt`,
      expected: `0 to ${vocabularySize - 1}`,
      got: String(ids[position]),
    });
}
