import type { Prompt } from '../request.ts';
import { textOfTokens } from '../tokenizer/text-of-tokens.ts';
import type { Tokenizer } from '../tokenizer/types.ts';

/** A prompt as a model reads it. */
export interface EncodedPrompt {
  /** what the tokens spell: with a chat template, the whole conversation */
  readonly text: string;
  readonly chat: boolean;
  readonly ids: readonly number[];
}

/** @throws FtLensError (input) when a text is given and the model folder holds no tokenizer or no chat template */
export async function encodePrompt(prompt: Prompt, tokenizer: Tokenizer): Promise<EncodedPrompt> {
  if (typeof prompt === 'string') return { text: prompt, chat: false, ids: await tokenizer.encode(prompt) };
  if ('tokenIds' in prompt) {
    const text = textOfTokens(prompt.tokenIds.map((id) => tokenizer.tokenText(id)));
    return { text, chat: false, ids: prompt.tokenIds };
  }
  const text = await tokenizer.applyChatTemplate(prompt);
  return { text, chat: true, ids: await tokenizer.encode(text, { addSpecialTokens: false }) };
}
