import { describe, expect, it } from 'vitest';
import { textOfTokens } from '../../../src/analysis/tokenizer/text-of-tokens.ts';

describe('textOfTokens', () => {
  it('joins the texts of tokens', () => {
    expect(textOfTokens([' a', ' fox', '.'])).toBe(' a fox.');
    expect(textOfTokens([])).toBe('');
  });

  it('makes characters whole whose bytes lie in several tokens', () => {
    expect(textOfTokens(['<0xE7>', '<0x8B>', '<0x90>'])).toBe('狐');
    expect(textOfTokens(['a<0xF0><0x9F>', '<0xA6>', '<0x8A>!'])).toBe('a🦊!');
    expect(textOfTokens(['<0xC3>', '<0xA9><0xC3>', '<0xA9>'])).toBe('éé');
  });

  it('leaves bytes that make no character', () => {
    expect(textOfTokens(['<0xE7>', ' x'])).toBe('<0xE7> x');
    expect(textOfTokens(['<0x90>', '<0xC3>', '<0xA9>'])).toBe('<0x90>é');
  });

  it('takes no word for a byte', () => {
    for (const text of ['<0x41>', '<0xg1>', '<0xe7>', '0xE7']) expect(textOfTokens([text])).toBe(text);
  });
});
