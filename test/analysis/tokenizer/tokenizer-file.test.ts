import { describe, expect, test } from 'vitest';
import { FtLensError } from '../../../src/errors.ts';
import { parseTokenizerFile } from '../../../src/analysis/tokenizer/tokenizer-file.ts';

const VALID = {
  added_tokens: [{ id: 4, content: '<|end|>' }],
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2, ['__proto__']: 3 }, merges: ['a b'] },
};

const model = (change: object): object => ({ ...VALID, model: { ...VALID.model, ...change } });

describe('parseTokenizerFile', () => {
  test('reads pieces, added tokens and merges, whatever their names', () => {
    const text = JSON.stringify(VALID).replace('"ab":2', '"ab":2,"__proto__":3');
    const file = parseTokenizerFile(text, 'tokenizer.json');
    expect([...file.vocabulary]).toEqual([
      ['a', 0],
      ['b', 1],
      ['ab', 2],
      ['__proto__', 3],
    ]);
    expect([...file.addedTokens]).toEqual([[4, '<|end|>']]);
    expect(file.merges).toEqual([['a', 'b']]);
  });

  test('takes merges written as pairs, and an added token that stands in the vocabulary too', () => {
    const json = { ...model({ merges: [['a', 'b']] }), added_tokens: [{ id: 2, content: 'ab' }] };
    expect(parseTokenizerFile(JSON.stringify(json), 'tokenizer.json').merges).toEqual([['a', 'b']]);
  });

  test.each([
    ['another kind of model', model({ type: 'Unigram' }), 'not a byte-level BPE'],
    ['another decoder', { ...VALID, decoder: { type: 'Metaspace' } }, 'not a byte-level BPE'],
    ['a vocabulary that is a list', model({ vocab: [] }), 'not a byte-level BPE'],
    ['an empty vocabulary', model({ vocab: {}, merges: [] }), 'contradicts itself'],
    ['one id for two pieces', model({ vocab: { a: 0, b: 0, ab: 1 } }), 'contradicts itself'],
    ['a negative id', model({ vocab: { a: -1, b: 1, ab: 2 } }), 'contradicts itself'],
    ['an id that would size a huge table', model({ vocab: { a: 2 ** 40, b: 1, ab: 2 } }), 'contradicts itself'],
    ['a fractional id', model({ vocab: { a: 0.5, b: 1, ab: 2 } }), 'contradicts itself'],
    ['a merge of unknown pieces', model({ merges: ['a c'] }), 'contradicts itself'],
    ['a merge of three pieces', model({ merges: ['a b ab'] }), 'contradicts itself'],
    ['an added token on the id of another piece', { ...VALID, added_tokens: [{ id: 0, content: 'x' }] }, 'contradicts'],
    [
      'two added tokens with one id',
      { ...VALID, added_tokens: [...VALID.added_tokens, { id: 4, content: 'x' }] },
      'contr',
    ],
    ['a list', [], 'not a byte-level BPE'],
  ])('refuses %s', (_name, json, message) => {
    const parse = (): unknown => parseTokenizerFile(JSON.stringify(json), 'tokenizer.json');
    expect(parse).toThrow(FtLensError);
    expect(parse).toThrow(message);
  });

  test('refuses text that is no JSON', () => {
    expect(() => parseTokenizerFile('{', 'tokenizer.json')).toThrow('not valid JSON');
  });
});
