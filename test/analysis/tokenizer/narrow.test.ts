import { Tokenizer as LibraryTokenizer } from '@huggingface/tokenizers';
import * as fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entriesFor } from '../../../src/analysis/tokenizer/narrow.ts';
import { readEntries } from '../../../src/analysis/tokenizer/entries.ts';
import { tokenizerOf } from '../../helpers/tokenizer.ts';

/** For hundreds of texts on a machine that does other things too. */
const LIMIT_MS = 30_000;

/** The library with the whole file: what encoding must agree with. */
const wholeIds = (tokenizer: string, text: string): number[] =>
  new LibraryTokenizer(JSON.parse(tokenizer), {}).encode(text).ids as number[];

const published = readFileSync(join(import.meta.dirname, '../../fixtures/tiny-published/tokenizer.json'), 'utf8');

describe('encoding with the entries of a text', () => {
  test('gives what the whole tokenizer gives, for any text', { timeout: LIMIT_MS }, () => {
    const tokenizer = tokenizerOf({ tokenizer: published });
    const whole = new LibraryTokenizer(JSON.parse(published), {});
    const words = fc.constantFrom('You', ' are', ' a', ' fox', '.', '<|im_end|>', "'s", '\n', ' 12', '  ', 'né', '🦊');
    const texts = fc.array(fc.oneof(words, fc.string({ unit: 'binary', maxLength: 8 }))).map((parts) => parts.join(''));
    fc.assert(
      fc.property(texts, (text) => {
        expect(tokenizer.encode(text, true)).toEqual(whole.encode(text).ids);
      }),
      { seed: 1, numRuns: 100 },
    );
  });

  test('gives what the whole tokenizer gives, for any merges', { timeout: LIMIT_MS }, () => {
    const choices = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 30 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), minLength: 1, maxLength: 40 });
    const options = fc.constantFrom(
      {},
      { ignore_merges: true },
      { end_of_word_suffix: '</w>' },
      { continuing_subword_suffix: '##' },
      { byte_fallback: true },
      { unk_token: 'c' },
    );
    fc.assert(
      fc.property(choices, text, options, (merges, prompt, model) => {
        const tokenizer = JSON.stringify(madeTokenizer(merges, model));
        expect(tokenizerOf({ tokenizer }).encode(prompt, true)).toEqual(wholeIds(tokenizer, prompt));
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  test('takes no others', () => {
    const { sources } = tokenizerOf({ tokenizer: published });
    const all = readEntries(sources.file);
    const some = readEntries(sources.file, entriesFor(' fox', JSON.parse(sources.outline), {}));
    expect(some.pieces.get('Ġfox')).toBe(all.pieces.get('Ġfox'));
    expect([...some.pieces.keys()].filter((piece) => !'Ġfox'.includes(piece))).toEqual([]);
    expect(some.merges.every(([left, right]) => 'Ġfox'.includes(left + right))).toBe(true);
    expect(all.pieces.size).toBeGreaterThan(250);
  });

  test('takes all when a word is long', () => {
    const { sources, encode } = tokenizerOf({ tokenizer: published });
    const long = 'fox'.repeat(500);
    expect(entriesFor(long, JSON.parse(sources.outline), {})).toBeUndefined();
    expect(encode(long, true)).toEqual(wholeIds(published, long));
  });

  test('keeps the tokens that stand before and after every text', () => {
    const json = JSON.parse(published);
    const [first] = Object.keys(json.model.vocab) as [string];
    const post_processor = {
      type: 'TemplateProcessing',
      single: [{ SpecialToken: { id: first, type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
      pair: [],
      special_tokens: { [first]: { id: first, ids: [json.model.vocab[first]], tokens: [first] } },
    };
    const tokenizer = JSON.stringify({ ...json, post_processor });
    const ids = tokenizerOf({ tokenizer }).encode(' fox', true);
    expect(ids).toEqual(wholeIds(tokenizer, ' fox'));
    expect(ids[0]).toBe(json.model.vocab[first]);
  });
});

/** A tokenizer over a, b, c and the blank, whose merges join pieces chosen by number. */
function madeTokenizer(choices: readonly (readonly [number, number])[], model: object): object {
  const pieces = ['a', 'b', 'c', 'Ġ', ...('end_of_word_suffix' in model ? ['a</w>', 'b</w>', 'c</w>', 'Ġ</w>'] : [])];
  const merges: string[] = [];
  for (const [one, other] of choices) {
    const [left, right] = [pieces[one % pieces.length] as string, pieces[other % pieces.length] as string];
    if (left.includes('<') || pieces.includes(left + right)) continue;
    pieces.push(left + right);
    merges.push(`${left} ${right}`);
  }
  return {
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: { type: 'BPE', ...model, vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges },
  };
}
