import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { FtLensError, inputError } from '../../errors.ts';
import { renderChatTemplate } from './chat-template.ts';
import { type Entries, readEntries } from './entries.ts';
import { type LibraryJson, withEntries } from './library-json.ts';
import { entriesFor } from './narrow.ts';
import type { TokenizerSources } from './thread/messages.ts';
import type { ChatPrompt } from './types.ts';

/** A tokenizer without time limits and without files: what the tokenizer thread runs. */
export interface OpenTokenizer {
  /** @throws FtLensError (input) for a merge that contradicts the vocabulary, whether a text needs it or not */
  check(): undefined;
  encode(text: string, addSpecialTokens: boolean): number[];
  applyChatTemplate(prompt: ChatPrompt): string;
}

/** @param sources whose JSON has been checked */
export function openTokenizer({ folder, file, outline, config, template }: TokenizerSources): OpenTokenizer {
  const json = JSON.parse(outline) as LibraryJson;
  const build = (entries: Entries) => new LibraryTokenizer(withEntries(json, entries), config);
  return {
    check: () =>
      inLibrary(file.path, () => {
        build(readEntries(file));
        return undefined;
      }),
    encode: (text, addSpecialTokens) =>
      inLibrary(file.path, () => {
        const library = build(readEntries(file, entriesFor(text, json, config)));
        return library.encode(text, { add_special_tokens: addSpecialTokens }).ids;
      }),
    applyChatTemplate(prompt) {
      if (template !== undefined) return renderChatTemplate(template, config, prompt);
      throw inputError('This model has no chat template.', {
        where: folder,
        expected: 'chat_template.jinja, or chat_template in tokenizer_config.json',
        remedy: 'leave out --chat and write the whole prompt yourself',
      });
    },
  };
}

/** The tokenizer library fails in its own ways on parts of a tokenizer that it does not know. */
function inLibrary<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof FtLensError) throw error;
    throw inputError('This tokenizer uses something that ft-lens does not know.', {
      where: path,
      got: error instanceof Error ? error.message.slice(0, 500) : String(error),
      remedy: 'take tokenizer.json away, pass --token-ids, and track tokens by #id',
      cause: error,
    });
  }
}
