import { usageError } from '../../errors.ts';
import type { Tokenizer } from '../tokenizer/types.ts';
import { spellings } from './spellings.ts';

/** Tokens that are followed as one. */
export interface TokenSet {
  /** as it was asked for */
  readonly name: string;
  /** two or more, without repetitions */
  readonly ids: readonly number[];
}

export interface TrackedTokens {
  /** tokens that are followed by themselves, without repetitions */
  readonly ids: readonly number[];
  readonly sets: readonly TokenSet[];
}

type TokenFinder = Pick<Tokenizer, 'idsOfText' | 'encode' | 'tokenText'>;

/** Tokens that an error lists. */
const PIECES_SHOWN = 12;

/**
 * What `--track` asks to follow. A text that is one token is that token, and with its other spellings a set; words
 * between commas, which are no token together, are one set of all their spellings; `#id` is a token, also between commas.
 * What comes to a single token is followed as that, not as a set.
 * @param vocabularySize rows of the LM head
 * @throws FtLensError (usage) for a word that is one token in no spelling, or an id that the head does not have
 */
export async function trackedTokens(
  texts: readonly string[],
  tokenizer: TokenFinder,
  vocabularySize: number,
): Promise<TrackedTokens> {
  const ids = new Set<number>();
  const sets = new Map<string, TokenSet>();
  for (const text of texts) {
    const members = await membersOf(text, tokenizer);
    for (const id of members) requireRow(id, text, vocabularySize);
    const [exact, another] = tokenizer.idsOfText(text);
    const token = members.length === 1 ? members[0] : another === undefined ? exact : undefined;
    if (token !== undefined) ids.add(token);
    if (members.length === 1) continue;
    const key = members.toSorted((a, b) => a - b).join();
    if (!sets.has(key)) sets.set(key, { name: text, ids: members });
  }
  return { ids: [...ids], sets: [...sets.values()] };
}

/** Every token that a text given to `--track` stands for, without repetitions; at least one. */
async function membersOf(text: string, tokenizer: TokenFinder): Promise<number[]> {
  const words = tokenizer.idsOfText(text).length > 0 ? [text] : wordsOf(text);
  const ids: number[] = [];
  for (const word of words) ids.push(...(await tokensOf(word, text, tokenizer)));
  return [...new Set(ids)];
}

function wordsOf(text: string): string[] {
  const words = text.split(',').filter((word) => word.trim() !== '');
  return words.length > 1 ? words.map((word) => word.trim()) : [text];
}

/** @param text that the word is part of */
async function tokensOf(word: string, text: string, tokenizer: TokenFinder): Promise<readonly number[]> {
  if (/^#\d{1,9}$/.test(word)) return [Number(word.slice(1))];
  const known = spellings(word).flatMap((spelling) => tokenizer.idsOfText(spelling));
  if (known.length > 0) return known;
  // A tokenizer may change a text before it cuts it: what is typed can be one token of another text.
  const pieces = await tokenizer.encode(word, { addSpecialTokens: false });
  if (pieces.length === 1) return pieces;
  throw usageError('A text given to --track is not one token.', {
    where: word === text ? `--track ${text}` : `${JSON.stringify(word)} of --track ${text}`,
    expected: 'a token in any case, words between commas, or #id',
    got: listed(pieces, tokenizer),
    remedy: 'track one of these by its #id, or several as #id,#id',
  });
}

function listed(pieces: readonly number[], { tokenText }: TokenFinder): string {
  const shown = pieces.slice(0, PIECES_SHOWN).map((piece) => `${JSON.stringify(tokenText(piece))} #${piece}`);
  return shown.length === 0 ? 'no token' : shown.join(' ');
}

function requireRow(id: number, text: string, vocabularySize: number): void {
  if (id < vocabularySize) return;
  throw usageError('A tracked token is none of the model.', {
    where: `--track ${text}`,
    expected: `#0 to #${vocabularySize - 1}`,
    got: `#${id}`,
  });
}
