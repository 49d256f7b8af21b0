import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ChatPrompt } from '../../../src/analysis/tokenizer/types.ts';
import { tokenizerOf, type TokenizerTexts } from '../../helpers/tokenizer.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
// Made by scripts/fixtures/make-tokenizer-golden.py with transformers' own tokenizer.
const golden: { texts: { text: string; ids: number[] }[]; chats: { prompt: ChatPrompt; text: string }[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/tokenizer.json'), 'utf8'),
);

function textsOf(name: string): TokenizerTexts {
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(join(FIXTURES, name, file), 'utf8');
    } catch {
      return undefined;
    }
  };
  return {
    tokenizer: read('tokenizer.json') ?? '',
    config: read('tokenizer_config.json'),
    chatTemplate: read('chat_template.jinja'),
  };
}

const tokenizer = tokenizerOf(textsOf('tiny-v5'));

describe('encode', () => {
  test.each(golden.texts)('gives the ids of Hugging Face for $text', ({ text, ids }) => {
    expect(tokenizer.encode(text, true)).toEqual(ids);
  });
});

describe('token texts', () => {
  test.each(golden.texts)('joined are the normalised text: $text', ({ text, ids }) => {
    // Half characters stand as <0xE4>: put their bytes together again before comparing.
    const bytes = ids.flatMap((id) => {
      const tokenText = tokenizer.vocabulary.text(id) ?? '';
      return tokenText
        .split(/(<0x[0-9A-F]{2}>)/)
        .flatMap((part) => (/^<0x..>$/.test(part) ? [Number(part.slice(1, -1))] : [...Buffer.from(part)]));
    });
    expect(Buffer.from(bytes).toString('utf8')).toBe(text.normalize('NFC'));
  });

  test('an id without a token is a hole', () => {
    expect(tokenizer.vocabulary.size).toBe(308);
    expect(tokenizer.vocabulary.text(308)).toBeUndefined();
  });
});

describe('applyChatTemplate', () => {
  test.each(golden.chats)('gives the text of Hugging Face', ({ prompt, text }) => {
    expect(tokenizer.applyChatTemplate(prompt)).toBe(text);
  });

  test('a template stands in tokenizer_config.json or in a file of its own; the file goes first', () => {
    const config = JSON.stringify({
      chat_template: [{ name: 'default', template: 'config {{ messages[0].content }}' }],
    });
    const inConfig = tokenizerOf({ ...textsOf('tiny-v5'), config, chatTemplate: undefined });
    const both = tokenizerOf({ ...textsOf('tiny-v5'), config, chatTemplate: 'file' });
    expect(inConfig.applyChatTemplate({ user: 'fox' })).toBe('config fox');
    expect(both.applyChatTemplate({ user: 'fox' })).toBe('file');
  });

  test('no template is an input error', () => {
    const without = tokenizerOf({ ...textsOf('tiny-v5'), config: undefined, chatTemplate: undefined });
    expect(() => without.applyChatTemplate({ user: 'fox' })).toThrow('This model has no chat template.');
  });

  test('what a template raises is an input error', () => {
    const raising = tokenizerOf({ ...textsOf('tiny-v5'), chatTemplate: "{{ raise_exception('no \u001B[31m') }}" });
    expect(() => raising.applyChatTemplate({ user: 'fox' })).toThrow('The chat template of this model failed.');
  });
});
