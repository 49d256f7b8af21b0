import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import type { EntryFilter } from './entries.ts';
import { type LibraryJson, withEntries } from './library-json.ts';

/** Parts of words that are worth looking for: some 3,000 words. A text with more needs much of the file anyway. */
const MOST_PARTS = 100_000;

/**
 * The entries of a tokenizer that can come up when a text is encoded: 200,000 entries less to read. Byte-pair encoding
 * joins characters of a word to longer and longer parts of it, so a piece that is no part of a word is never met.
 * @param json without entries
 * @returns undefined when all of them are needed
 */
export function entriesFor(text: string, json: LibraryJson, config: object): EntryFilter | undefined {
  const { end_of_word_suffix: suffix, continuing_subword_suffix: inner, byte_fallback, unk_token } = json.model;
  if (inner) return undefined;
  const pieces = partsOf([...wordsOf(text, json, config)].map((word) => word + (suffix ?? '')));
  if (pieces === undefined) return undefined;
  const named = new Set([unk_token, ...stringsIn(json.post_processor)]);
  const besides = { has: (piece: string) => named.has(piece) || (byte_fallback === true && BYTE_PIECE.test(piece)) };
  return { pieces, besides };
}

/** How bytes are written that no piece stands for. */
const BYTE_PIECE = /^<0x[0-9A-F]{2}>$/;

/** What normalizer and pre-tokenizer make of a text: the words that are cut into pieces, each by itself. */
function wordsOf(text: string, json: LibraryJson, config: object): ReadonlySet<string> {
  const words = new Set<string>();
  const library = new LibraryTokenizer(withEntries(json, { pieces: new Map(), merges: [] }), config);
  // In the place of the model: it is given the words, and cuts none.
  library.model = (some: string[]): string[] => {
    for (const word of some) words.add(word);
    return some;
  };
  library.tokenize(text);
  return words;
}

/** Everything that stands in one of the words without a gap; undefined when that is too much. */
function partsOf(words: readonly string[]): Set<string> | undefined {
  const count = words.reduce((sum, { length }) => sum + (length * (length + 1)) / 2, 0);
  if (count > MOST_PARTS) return undefined;
  const parts = new Set<string>();
  for (const word of words)
    for (let start = 0; start < word.length; start += 1)
      for (let end = start + 1; end <= word.length; end += 1) parts.add(word.slice(start, end));
  return parts;
}

/** Keys and texts, at any depth. */
function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [key, ...stringsIn(inner)]);
}
