import type { ModelAndTokenizer } from '../model/model-and-tokenizer.ts';
import type { AnalyzeSettings, Prompt } from '../request.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { type EncodedPrompt, encodePrompt } from './encode-prompt.ts';
import { wantedPositions } from './positions.ts';
import { requireReadable } from './require-readable.ts';
import { type TokenSet, trackedTokens } from './tracked-tokens.ts';

/** Everything about the prompt that is decided before a model runs. */
export interface PreparedPrompt extends EncodedPrompt {
  /** positions to read, ascending */
  readonly positions: readonly number[];
  /** ids of the tokens to follow */
  readonly tracked: readonly number[];
  /** tokens to follow as one, such as the spellings of a word */
  readonly trackedSets: readonly TokenSet[];
  /** what the fine-tune's own tokenizer makes of it; undefined when it has none, or no chat template for a conversation */
  readonly ofFt: EncodedPrompt | undefined;
  /** The prompt is a conversation, and the fine-tune has no chat template that could write it. */
  readonly ftLacksTemplate: boolean;
}

/** @param prompt as the base's tokenizer makes it: both models read its ids */
export async function preparePrompt(
  request: Pick<AnalyzeSettings, 'positions' | 'track'> & { readonly prompt: Prompt },
  prompt: EncodedPrompt,
  { model, tokenizer }: ModelAndTokenizer,
  ft: ModelAndTokenizer | undefined,
): Promise<PreparedPrompt> {
  const { vocabularySize } = model.anatomy;
  for (const { config } of [model, ...(ft ? [ft.model] : [])])
    requireReadable(prompt.ids, { maxPositions: config.maxPositions, vocabularySize });
  const positions = wantedPositions(request.positions, prompt.ids.length);
  const tracked = await trackedTokens(request.track, tokenizer, vocabularySize);
  const own = ft && (await encodeForFineTune(request.prompt, prompt, tokenizer, ft.tokenizer));
  return {
    ...prompt,
    positions,
    tracked: tracked.ids,
    trackedSets: tracked.sets,
    ofFt: own?.prompt,
    ftLacksTemplate: own?.lacksTemplate === true,
  };
}

/** What the fine-tune makes of a prompt is only compared: it may do without a chat template. */
async function encodeForFineTune(
  prompt: Prompt,
  encoded: EncodedPrompt,
  baseTokenizer: Tokenizer,
  tokenizer: Tokenizer,
): Promise<{ prompt: EncodedPrompt | undefined; lacksTemplate: boolean }> {
  if (tokenizer === baseTokenizer) return { prompt: encoded, lacksTemplate: false };
  if (tokenizer.vocabulary === undefined) return { prompt: undefined, lacksTemplate: false };
  if (encoded.chat && !tokenizer.hasChatTemplate) return { prompt: undefined, lacksTemplate: true };
  return { prompt: await encodePrompt(prompt, tokenizer), lacksTemplate: false };
}
