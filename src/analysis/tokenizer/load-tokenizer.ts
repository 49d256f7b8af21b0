import { join } from 'node:path';
import { inputError, usageError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { readTextFileIfPresent } from '../../read-text-file.ts';
import type { TokenizerSources, Vocabulary } from './thread/messages.ts';
import { TokenizerThread } from './thread/tokenizer-thread.ts';
import type { Tokenizer } from './types.ts';

/**
 * Time limits in ms. Reading 33 MB of tokenizer and encoding a long prompt take a second each, a template none; a
 * machine with twenty times the work that it has cores for needs twenty times as long.
 */
const TIME_LIMITS = { load: 60_000, encode: 60_000, chat: 20_000 } as const;

/** Tokens that an error lists. */
const PIECES_SHOWN = 12;

/**
 * Opens the tokenizer of a model folder: tokenizer.json, and tokenizer_config.json and chat_template.jinja when there.
 * A folder without tokenizer.json gives a tokenizer that knows ids only: `--token-ids` needs no more.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  return startTokenizer(await readSources(folder));
}

/** The tokenizers of several folders, in their order. Folders with the same files share one: it is loaded once. */
export async function loadTokenizers(folders: readonly string[]): Promise<Tokenizer[]> {
  const sources = await Promise.all(folders.map(readSources));
  const tokenizers: Promise<Tokenizer>[] = [];
  for (const [i, own] of sources.entries()) {
    const twin = sources.slice(0, i).findIndex((other) => haveSameTexts(own, other));
    tokenizers.push(tokenizers[twin] ?? startTokenizer(own));
  }
  const outcomes = await Promise.allSettled(tokenizers);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  const loaded = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  if (failed === undefined) return loaded;
  await Promise.all(loaded.map((tokenizer) => tokenizer.close()));
  throw failed.reason;
}

/** The files of a tokenizer; without tokenizer.json it is none. */
type FolderSources = Omit<TokenizerSources, 'tokenizer'> & { readonly tokenizer: string | undefined };

async function readSources(folder: string): Promise<FolderSources> {
  const [tokenizer, config, chatTemplate] = await Promise.all([
    readTextFileIfPresent(join(folder, 'tokenizer.json'), LIMITS.tokenizerBytes),
    readTextFileIfPresent(join(folder, 'tokenizer_config.json'), LIMITS.configBytes),
    readTextFileIfPresent(join(folder, 'chat_template.jinja'), LIMITS.chatTemplateBytes),
  ]);
  return { folder, tokenizer, config, chatTemplate };
}

function haveSameTexts(a: FolderSources, b: FolderSources): boolean {
  return a.tokenizer === b.tokenizer && a.config === b.config && a.chatTemplate === b.chatTemplate;
}

async function startTokenizer({ tokenizer, ...others }: FolderSources): Promise<Tokenizer> {
  if (tokenizer === undefined) return tokenizerOfIds(others.folder);
  const thread = new TokenizerThread(others.folder);
  try {
    const vocabulary = await thread.ask('load', { tokenizer, ...others }, TIME_LIMITS.load);
    return tokenizerOfThread(thread, vocabulary);
  } catch (error) {
    await thread.end();
    throw error;
  }
}

function tokenizerOfThread(thread: TokenizerThread, vocabulary: Vocabulary): Tokenizer {
  const { texts, fingerprint, hasChatTemplate } = vocabulary;
  let idsOfText: Map<string, number[]> | undefined;
  const encode: Tokenizer['encode'] = (text, { addSpecialTokens = true } = {}) =>
    thread.ask('encode', { text, addSpecialTokens }, TIME_LIMITS.encode);
  const tokenText = (id: number): string => texts[id] ?? `[unused ${id}]`;
  return {
    size: texts.length,
    fingerprint,
    hasChatTemplate,
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
    hasChatTemplate: false,
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
