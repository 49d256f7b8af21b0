import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import { join } from 'node:path';
import { inputError } from '../../errors.ts';
import { findChatTemplate, parseTokenizerConfig, renderChatTemplate } from './chat-template.ts';
import type { TokenizerSources, Vocabulary } from './thread/messages.ts';
import { parseTokenizerFile } from './tokenizer-file.ts';
import type { ChatPrompt } from './types.ts';
import { fingerprint, tokenTexts } from './vocabulary.ts';

/** A tokenizer without time limits and without files: what the tokenizer thread runs. */
export interface OpenTokenizer {
  readonly vocabulary: Vocabulary;
  encode(text: string, addSpecialTokens: boolean): number[];
  applyChatTemplate(prompt: ChatPrompt): string;
}

export function openTokenizer(sources: TokenizerSources): OpenTokenizer {
  const path = join(sources.folder, 'tokenizer.json');
  const file = parseTokenizerFile(sources.tokenizer, path);
  const config = parseTokenizerConfig(sources.config, join(sources.folder, 'tokenizer_config.json'));
  const template = findChatTemplate(sources.chatTemplate, config);
  const texts = tokenTexts(file);
  // Building the library's tables takes as long as reading the file, and the second model of a pair encodes nothing.
  let library: LibraryTokenizer | undefined;
  return {
    vocabulary: { texts, fingerprint: fingerprint(file), hasChatTemplate: template !== undefined },
    encode(text, addSpecialTokens) {
      library ??= buildLibraryTokenizer(file.json, config, path);
      const ids: number[] = library.encode(text, { add_special_tokens: addSpecialTokens }).ids;
      if (ids.every((id) => texts[id] !== undefined)) return ids;
      throw inputError('The tokenizer has no token for a part of this text.', { where: path });
    },
    applyChatTemplate(prompt) {
      if (template !== undefined) return renderChatTemplate(template, config, prompt);
      throw inputError('This model has no chat template.', {
        where: sources.folder,
        expected: 'chat_template.jinja, or chat_template in tokenizer_config.json',
        remedy: 'leave out --chat and write the whole prompt yourself',
      });
    },
  };
}

function buildLibraryTokenizer(json: object, config: object, path: string): LibraryTokenizer {
  try {
    return new LibraryTokenizer(json, config);
  } catch (error) {
    throw inputError('This tokenizer uses something that ft-lens does not know.', {
      where: path,
      got: error instanceof Error ? error.message.slice(0, 500) : String(error),
      cause: error,
    });
  }
}
