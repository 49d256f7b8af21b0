import { describe, expect, it } from 'vitest';
import { trackedTokens } from '../../../src/analysis/prompt/tracked-tokens.ts';

const TOKENS = [' me', 'me', ' Me', 'I', ' I', ' fox', 'f', 'ox', ',', 'a,b', 'same', 'same', 'é', '#3', 'x'];

/** Tokens by their place in the list; a text is otherwise cut into letters, after normalisation. */
const vocabulary = {
  idsOfText: (text: string) => TOKENS.flatMap((token, id) => (token === text ? [id] : [])),
  encode: async (text: string) => Array.from(text.normalize('NFC'), (letter) => TOKENS.indexOf(letter)),
  tokenText: (id: number) => TOKENS[id] ?? '?',
};
const track = (...texts: string[]) => trackedTokens(texts, vocabulary, TOKENS.length);
const SPELLINGS_OF_ME = [0, 1, 2];

describe('trackedTokens', () => {
  it('follows a token by itself, and with its spellings as a set', async () => {
    expect(await track(' me')).toEqual({ ids: [0], sets: [{ name: ' me', ids: SPELLINGS_OF_ME }] });
  });

  it('follows a text that is a token in other spellings only as their set', async () => {
    expect(await track('ME')).toEqual({ ids: [], sets: [{ name: 'ME', ids: [1, 0, 2] }] });
  });

  it.each([
    ['fox', 5],
    ['#14', 14],
    // By itself and in its spellings the same.
    ['x', 14],
    // A tokenizer may normalise: e and a combining accent are one token.
    ['e\u0301', 12],
  ])('follows %j, which comes to one token, as that', async (text, id) => {
    expect(await track(text)).toEqual({ ids: [id], sets: [] });
  });

  it.each([
    ['I,me', [3, 4, 1, 0, 2]],
    [' me , #14,, fox', [1, 0, 2, 14, 5]],
    ['#14,#2', [14, 2]],
  ])('makes one set of the words of %j', async (text, ids) => {
    expect(await track(text)).toEqual({ ids: [], sets: [{ name: text, ids }] });
  });

  it('takes a text with a comma that is a token for that', async () => {
    expect(await track('a,b', ',')).toEqual({ ids: [9, 8], sets: [] });
  });

  it('takes #id for an id, even where it is also a token', async () => {
    expect(await track('#3')).toEqual({ ids: [3], sets: [] });
  });

  it('follows two tokens of one text as a set: nothing says which is meant', async () => {
    expect(await track('same')).toEqual({ ids: [], sets: [{ name: 'same', ids: [10, 11] }] });
  });

  it('lists every token and every set once', async () => {
    expect(await track('me', ' me', ' me', 'Me', '#1')).toEqual({
      ids: [1, 0],
      sets: [{ name: 'me', ids: [1, 0, 2] }],
    });
  });

  it('refuses a word that is one token in no spelling, and says of which list it is', async () => {
    await expect(track('ffff')).rejects.toMatchObject({
      kind: 'usage',
      where: '--track ffff',
      got: '"f" #6 "f" #6 "f" #6 "f" #6',
    });
    await expect(track('me,ff')).rejects.toMatchObject({ kind: 'usage', where: '"ff" of --track me,ff' });
  });

  it.each(['#15', 'me,#99'])('refuses %j: the head has no such row', async (text) => {
    await expect(track(text)).rejects.toMatchObject({ kind: 'usage', expected: '#0 to #14', where: `--track ${text}` });
  });
});
