import type { AnalyzeRequest } from '../request.ts';
import type { Tokenizer } from '../tokenizer/types.ts';

type Prompt = AnalyzeRequest['prompt'];

/** A prompt as a model reads it. */
export interface EncodedPrompt {
  /** what the tokens spell: with a chat template, the whole conversation */
  readonly text: string;
  readonly chat: boolean;
  readonly ids: readonly number[];
}

/** @throws FtLensError (input) when a text is given and the model folder holds no tokenizer or no chat template */
export async function encodePrompt(prompt: Prompt, tokenizer: Tokenizer): Promise<EncodedPrompt> {
  if ('tokenIds' in prompt) {
    const text = prompt.tokenIds.map((id) => tokenizer.tokenText(id)).join('');
    return { text, chat: false, ids: prompt.tokenIds };
  }
  if (!prompt.chat) return { text: prompt.text, chat: false, ids: await tokenizer.encode(prompt.text) };
  const text = await tokenizer.applyChatTemplate({ user: prompt.text, system: prompt.system });
  return { text, chat: true, ids: await tokenizer.encode(text, { addSpecialTokens: false }) };
}
