import * as z from 'zod';
import { inputError } from '../../errors.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson } from '../../read-text-file.ts';
import { issueText } from '../../zod-issues.ts';

const componentSchema = z.looseObject({ type: z.string() });

/**
 * What ft-lens relies on in a tokenizer.json; pre-tokenizer, normalizer and the like belong to the tokenizer library.
 * The 10^5 entries of vocabulary and merges are checked below, faster and without losing a piece named `__proto__`.
 */
const tokenizerFileSchema = z.looseObject({
  model: z.looseObject({
    type: z.literal('BPE'),
    vocab: z.custom<object>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
    merges: z.array(z.unknown()),
  }),
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string().min(1) })).default([]),
  decoder: z.union([
    componentSchema.extend({ type: z.literal('ByteLevel') }),
    z.looseObject({
      type: z.literal('Sequence'),
      decoders: z.array(componentSchema).refine((decoders) => decoders.some(({ type }) => type === 'ByteLevel')),
    }),
  ]),
});

/** A tokenizer.json that has been checked: byte-level BPE, every id given once, every merge of known pieces. */
export interface TokenizerFile {
  /** The parsed file, as the tokenizer library wants it. */
  readonly json: object;
  /** Token ids by byte-level piece. */
  readonly vocabulary: ReadonlyMap<string, number>;
  /** Literal texts by token id; they go before the vocabulary's piece of the same id. */
  readonly addedTokens: ReadonlyMap<number, string>;
  readonly merges: readonly (readonly [string, string])[];
}

/** Reads the text of a tokenizer.json. The library would take nonsense in silence, so everything is checked here. */
export function parseTokenizerFile(text: string, path: string): TokenizerFile {
  const json = parseJson(text, path);
  const parsed = tokenizerFileSchema.safeParse(json);
  if (!parsed.success) {
    throw inputError('This tokenizer is not a byte-level BPE tokenizer, the only kind that ft-lens reads.', {
      where: path,
      got: issueText(parsed.error),
    });
  }
  const { model, added_tokens } = parsed.data;
  const vocabulary = readVocabulary(model.vocab, path);
  const addedTokens = readAddedTokens(added_tokens, vocabulary, path);
  return { json: Object(json), vocabulary, addedTokens, merges: readMerges(model.merges, vocabulary, path) };
}

function readVocabulary(vocab: object, path: string): Map<string, number> {
  const vocabulary = new Map<string, number>();
  const ids = new Set<number>();
  for (const [piece, id] of Object.entries(vocab)) {
    if (!isTokenId(id)) throw wrongTokenizer(path, `a token id that is no index: ${String(id)}`);
    if (ids.has(id)) throw wrongTokenizer(path, `two pieces with id ${id}`);
    ids.add(id);
    vocabulary.set(piece, id);
  }
  if (vocabulary.size === 0) throw wrongTokenizer(path, 'an empty vocabulary');
  return vocabulary;
}

function readAddedTokens(
  tokens: readonly { id: number; content: string }[],
  vocabulary: ReadonlyMap<string, number>,
  path: string,
): Map<number, string> {
  const pieces = new Map([...vocabulary].map(([piece, id]) => [id, piece]));
  const added = new Map<number, string>();
  for (const { id, content } of tokens) {
    if (!isTokenId(id)) throw wrongTokenizer(path, `a token id that is no index: ${id}`);
    // An added token may stand in the vocabulary as well, but only as itself.
    if (added.has(id) || (pieces.get(id) ?? content) !== content)
      throw wrongTokenizer(path, `two tokens with id ${id}`);
    added.set(id, content);
  }
  return added;
}

function readMerges(
  merges: readonly unknown[],
  vocabulary: ReadonlyMap<string, number>,
  path: string,
): [string, string][] {
  return merges.map((merge, index) => {
    const [left, right, ...rest]: unknown[] =
      typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    if (typeof left !== 'string' || typeof right !== 'string' || rest.length > 0) {
      throw wrongTokenizer(path, `merge ${index} is not a pair of pieces`);
    }
    if (!vocabulary.has(left) || !vocabulary.has(right) || !vocabulary.has(left + right)) {
      throw wrongTokenizer(path, `merge ${index} of pieces that are not in the vocabulary`);
    }
    return [left, right];
  });
}

function isTokenId(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < LIMITS.vocabSize;
}

function wrongTokenizer(path: string, got: string): Error {
  return inputError('This tokenizer contradicts itself.', {
    where: path,
    expected: 'every token id once, every merge of known pieces',
    got,
    remedy: 'take the tokenizer.json that the model was published with',
  });
}
