import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FtLensError } from '../../../src/errors.ts';
import { readTokenizer } from '../../../src/analysis/tokenizer/read-tokenizer.ts';
import { tokenizerOf } from '../../helpers/tokenizer.ts';

const VALID = {
  added_tokens: [{ id: 4, content: '<|end|>' }],
  decoder: { type: 'ByteLevel' },
  model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] },
  normalizer: null,
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  post_processor: null,
};

const model = (change: object): object => ({ ...VALID, model: { ...VALID.model, ...change } });
const read = (json: object | string) =>
  tokenizerOf({ tokenizer: typeof json === 'string' ? json : JSON.stringify(json) });
const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../fixtures', name, 'tokenizer.json'), 'utf8');

describe('the texts of ids', () => {
  test('are pieces and added tokens, whatever their names', () => {
    const { vocabulary } = read(JSON.stringify(VALID).replace('"ab":2', '"ab":2,"__proto__":3'));
    expect([0, 1, 2, 3, 4, 5].map((id) => vocabulary.text(id))).toEqual([
      'a',
      'b',
      'ab',
      '__proto__',
      '<|end|>',
      undefined,
    ]);
    expect(vocabulary.size).toBe(5);
  });

  test.each([
    ['escapes', String.raw`{"\u0120a\"": 0, "\\": 1, "\u00e4": 2}`, [' a"', '\\', '<0xE4>']],
    ['blanks and line breaks', '{ \n "a" \t:\r 0 , "b"\n: 1 }', ['a', 'b']],
    ['a piece of no bytes', '{"": 0}', ['']],
    ['characters that stand for no byte', '{"日": 0}', ['日']],
  ])('%s', (_name, vocab, texts) => {
    const { vocabulary } = read(
      JSON.stringify(model({ merges: [] })).replace(/"vocab":\{[^}]*\}/, () => `"vocab":${vocab}`),
    );
    expect(texts.map((_, id) => vocabulary.text(id))).toEqual(texts);
  });

  test('an added token may stand in the vocabulary too', () => {
    expect(read({ ...VALID, added_tokens: [{ id: 2, content: 'ab' }] }).vocabulary.text(2)).toBe('ab');
  });

  test('a byte order mark before the file is nothing', () => {
    expect(read(`\uFEFF${JSON.stringify(VALID)}`).vocabulary.text(2)).toBe('ab');
  });

  test('lead back to their ids, of which there may be several', () => {
    const { vocabulary } = read({ ...VALID, added_tokens: [{ id: 4, content: 'ab' }] });
    expect(['ab', 'a', 'abc'].map((text) => vocabulary.idsOf(text))).toEqual([[2, 4], [0], []]);
  });

  test('are those that JSON.parse gives', () => {
    const text = fixture('tiny-published');
    const { vocabulary } = read(text);
    const pieces = Object.entries(JSON.parse(text).model.vocab as Record<string, number>);
    const ascii = pieces.filter(([piece]) => /^[!-~]+$/.test(piece));
    expect(ascii.length).toBeGreaterThan(100);
    for (const [piece, id] of ascii) expect(vocabulary.text(id)).toBe(piece);
    expect(vocabulary.size).toBeGreaterThanOrEqual(pieces.length);
  });
});

describe('a file that is refused', () => {
  test.each([
    ['another kind of model', model({ type: 'Unigram' }), 'not a byte-level BPE'],
    ['another decoder', { ...VALID, decoder: { type: 'Metaspace' } }, 'not a byte-level BPE'],
    ['a vocabulary that is a list', model({ vocab: [] }), 'not a byte-level BPE'],
    ['merges that are none', model({ merges: null }), 'not a byte-level BPE'],
    ['an empty vocabulary', model({ vocab: {}, merges: [] }), 'contradicts itself'],
    ['one id for two pieces', model({ vocab: { a: 0, b: 0, ab: 1 } }), 'contradicts itself'],
    ['a negative id', model({ vocab: { a: -1, b: 1, ab: 2 } }), 'contradicts itself'],
    ['an id that would size a huge table', model({ vocab: { a: 2 ** 40, b: 1, ab: 2 } }), 'contradicts itself'],
    ['a fractional id', model({ vocab: { a: 0.5, b: 1, ab: 2 } }), 'contradicts itself'],
    ['an id that is a list', model({ vocab: { a: [0], b: 1, ab: 2 } }), 'contradicts itself'],
    ['an added token on the id of another piece', { ...VALID, added_tokens: [{ id: 0, content: 'x' }] }, 'contradicts'],
    [
      'two added tokens with one id',
      { ...VALID, added_tokens: [...VALID.added_tokens, { id: 4, content: 'x' }] },
      'contradicts',
    ],
    ['two vocabularies', JSON.stringify(VALID).replace('"merges"', '"vocab":{"x":9},"merges"'), 'contradicts itself'],
    [
      'two vocabularies, one under an escaped name',
      JSON.stringify(VALID).replace('"merges"', String.raw`"v\u006fcab":{"x":9},"merges"`),
      'contradicts itself',
    ],
    ['two models', JSON.stringify(VALID).replace('"model"', '"model":{"vocab":{"x":9}},"model"'), 'contradicts itself'],
    ['a list', [], 'not a byte-level BPE'],
    ['half a file', '{"model":{"type":"BPE","vocab":{"a":0', 'not valid JSON'],
    ['an opening bracket', '{', 'not valid JSON'],
    ['nothing', '', 'not valid JSON'],
    ['a second document', `${JSON.stringify(VALID)}{}`, 'not valid JSON'],
    ['a control character in a piece', JSON.stringify(VALID).replace('"ab":2', '"a\u0001":2'), 'not valid JSON'],
    ['a comma too many', JSON.stringify(VALID).replace('"ab":2', '"ab":2,'), 'not valid JSON'],
  ])('%s', (_name, json, message) => {
    expect(() => read(json)).toThrow(FtLensError);
    expect(() => read(json)).toThrow(message);
  });

  test('bytes that are no UTF-8', () => {
    const tokenizer = Buffer.from(JSON.stringify(VALID)).fill(0xff, 40, 41);
    const files = { folder: 'model', tokenizer, config: undefined, chatTemplate: undefined };
    expect(() => readTokenizer(files)).toThrow('not valid UTF-8');
  });

  test.each([
    ['a merge of unknown pieces', ['a c']],
    ['a merge that makes an unknown piece', ['b a']],
    ['a merge of three pieces', ['a b ab']],
    ['a merge that is a number', [1]],
    ['a merge of numbers', [[0, 1]]],
    ['a merge of one piece', [['a']]],
  ])('%s, when everything is checked', (_name, merges) => {
    expect(() => read(model({ merges })).check()).toThrow('contradicts itself');
    expect(read(VALID).check()).toBeUndefined();
  });
});

describe('equals', () => {
  const vocabulary = (text: string) => read(text).vocabulary;
  const published = fixture('tiny-published');

  test('does not depend on the library version that saved the tokenizer', () => {
    expect(vocabulary(published).equals(vocabulary(fixture('tiny-v5')))).toBe(true);
    expect(vocabulary(fixture('tiny-v5')).equals(vocabulary(published))).toBe(true);
  });

  test.each([
    ['an added token', published.replace('<|im_end|>', '<|fox|>')],
    ['a piece', swapIds(published, 'a', 'b')],
    ['the merges', withModel(published, ({ merges, ...rest }) => ({ ...rest, merges: merges.slice(0, -1) }))],
    ['the order of merges', withModel(published, ({ merges, ...rest }) => ({ ...rest, merges: merges.toReversed() }))],
    [
      'one more piece',
      withModel(published, ({ vocab, ...rest }) => ({ ...rest, vocab: { ...vocab, another: 9_999 } })),
    ],
  ])('tells another %s', (_name, text) => {
    expect(vocabulary(text).equals(vocabulary(published))).toBe(false);
    expect(vocabulary(published).equals(vocabulary(text))).toBe(false);
  });
});

interface Model {
  readonly vocab: Record<string, number>;
  readonly merges: unknown[];
}

function withModel(text: string, change: (model: Model) => object): string {
  const json = JSON.parse(text) as { model: Model };
  return JSON.stringify({ ...json, model: change(json.model) });
}

function swapIds(text: string, left: string, right: string): string {
  return withModel(text, ({ vocab, ...rest }) => ({
    ...rest,
    vocab: { ...vocab, [left]: vocab[right], [right]: vocab[left] },
  }));
}
