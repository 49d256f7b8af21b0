import { join } from 'node:path';
import { parseJson } from '../../read-text-file.ts';
import { findChatTemplate, parseTokenizerConfig } from './tokenizer-config.ts';
import { readOutline } from './tokenizer-outline.ts';
import { requireTokenizer } from './tokenizer-schema.ts';
import type { TokenizerSources } from './thread/messages.ts';
import { Vocabulary } from './vocabulary.ts';
import { wrongTokenizer } from './wrong-tokenizer.ts';

/** The files of a tokenizer. */
export interface TokenizerFiles {
  readonly folder: string;
  /** tokenizer.json */
  readonly tokenizer: Uint8Array;
  /** tokenizer_config.json */
  readonly config: string | undefined;
  /** chat_template.jinja */
  readonly chatTemplate: string | undefined;
}

/** A tokenizer that was read and checked as far as ids and texts need it. */
export interface ReadTokenizer {
  readonly vocabulary: Vocabulary;
  /** what the tokenizer thread needs to encode and to write conversations */
  readonly sources: TokenizerSources;
}

/** @throws FtLensError (input) for files that are no tokenizer, or one that contradicts itself */
export function readTokenizer({
  folder,
  tokenizer: bytes,
  config: configText,
  chatTemplate,
}: TokenizerFiles): ReadTokenizer {
  const path = join(folder, 'tokenizer.json');
  const { text, pieces, merges } = readOutline(bytes, path);
  const { added_tokens: addedTokens } = requireTokenizer(parseJson(text, path), path);
  if (pieces === undefined || merges === undefined) throw wrongTokenizer(path, 'no vocabulary');
  const file = { path, bytes, pieces, merges };
  const config = parseTokenizerConfig(configText, join(folder, 'tokenizer_config.json'));
  const template = findChatTemplate(chatTemplate, config);
  return { vocabulary: new Vocabulary(file, addedTokens), sources: { folder, file, outline: text, config, template } };
}
