import { join } from 'node:path';
import { inputError, usageError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { readTextFileIfPresent } from '../../read-text-file.ts';
import { TokenizerThread } from './thread/tokenizer-thread.ts';
import type { Tokenizer } from './types.ts';

/** Time limits in ms: reading 33 MB of tokenizer and encoding a long prompt take a second each, a template none. */
const TIME_LIMITS = { load: 10_000, encode: 10_000, chat: 5_000 } as const;

/** Tokens that an error lists. */
const PIECES_SHOWN = 12;

/**
 * Opens the tokenizer of a model folder: tokenizer.json, and tokenizer_config.json and chat_template.jinja when there.
 * A folder without tokenizer.json gives a tokenizer that knows ids only: `--token-ids` needs no more.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const [tokenizer, config, chatTemplate] = await Promise.all([
    readTextFileIfPresent(join(folder, 'tokenizer.json'), LIMITS.tokenizerBytes),
    readTextFileIfPresent(join(folder, 'tokenizer_config.json'), LIMITS.configBytes),
    readTextFileIfPresent(join(folder, 'chat_template.jinja'), LIMITS.chatTemplateBytes),
  ]);
  if (tokenizer === undefined) return tokenizerOfIds(folder);
  const thread = new TokenizerThread(folder);
  try {
    const vocabulary = await thread.ask('load', { folder, tokenizer, config, chatTemplate }, TIME_LIMITS.load);
    return tokenizerOfThread(thread, vocabulary.texts, vocabulary.fingerprint);
  } catch (error) {
    await thread.end();
    throw error;
  }
}

function tokenizerOfThread(
  thread: TokenizerThread,
  texts: readonly (string | undefined)[],
  fingerprint: string,
): Tokenizer {
  let idsOfText: Map<string, number[]> | undefined;
  const encode: Tokenizer['encode'] = (text, { addSpecialTokens = true } = {}) =>
    thread.ask('encode', { text, addSpecialTokens }, TIME_LIMITS.encode);
  const tokenText = (id: number): string => texts[id] ?? `[unused ${id}]`;
  return {
    size: texts.length,
    fingerprint,
    encode,
    tokenText,
    async find(text) {
      const id = idOfNumber(text);
      if (id !== undefined) return id;
      idsOfText ??= indexTexts(texts);
      const exact = idsOfText.get(text) ?? [];
      const pieces = exact.length > 0 ? exact : await encode(text, { addSpecialTokens: false });
      const [only] = pieces;
      if (only !== undefined && pieces.length === 1) return only;
      throw usageError('A text given to --track is not one token.', {
        where: `--track ${text}`,
        expected: 'the text of one token, or #id',
        got: pieces
          .slice(0, PIECES_SHOWN)
          .map((piece) => `${JSON.stringify(tokenText(piece))} #${piece}`)
          .join(' '),
        remedy: 'track one of these by its #id; a leading blank is part of a token',
      });
    },
    applyChatTemplate: (prompt) => thread.ask('chat', prompt, TIME_LIMITS.chat),
    close: () => thread.end(),
  };
}

function tokenizerOfIds(folder: string): Tokenizer {
  const missing = (): Error =>
    inputError('This model folder holds no tokenizer.', {
      where: folder,
      expected: 'tokenizer.json',
      remedy: 'pass --token-ids, and track tokens by #id',
    });
  return {
    size: 0,
    fingerprint: undefined,
    encode: () => Promise.reject(missing()),
    find(text) {
      const id = idOfNumber(text);
      return id === undefined ? Promise.reject(missing()) : Promise.resolve(id);
    },
    applyChatTemplate: () => Promise.reject(missing()),
    tokenText: (id) => `#${id}`,
    close: () => Promise.resolve(),
  };
}

function idOfNumber(text: string): number | undefined {
  return /^#\d{1,9}$/.test(text) ? Number(text.slice(1)) : undefined;
}

function indexTexts(texts: readonly (string | undefined)[]): Map<string, number[]> {
  const ids = new Map<string, number[]>();
  texts.forEach((text, id) => {
    if (text !== undefined) ids.set(text, [...(ids.get(text) ?? []), id]);
  });
  return ids;
}
