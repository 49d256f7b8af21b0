import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openTokenizer } from '../../../src/analysis/tokenizer/open-tokenizer.ts';
import type { TokenizerSources } from '../../../src/analysis/tokenizer/thread/messages.ts';
import type { ChatPrompt } from '../../../src/analysis/tokenizer/types.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
// Made by scripts/fixtures/make-tokenizer-golden.py with transformers' own tokenizer.
const golden: { texts: { text: string; ids: number[] }[]; chats: { prompt: ChatPrompt; text: string }[] } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../golden/tokenizer.json'), 'utf8'),
);

function sourcesOf(name: string): TokenizerSources {
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(join(FIXTURES, name, file), 'utf8');
    } catch {
      return undefined;
    }
  };
  return {
    folder: name,
    tokenizer: read('tokenizer.json') ?? '',
    config: read('tokenizer_config.json'),
    chatTemplate: read('chat_template.jinja'),
  };
}

const tokenizer = openTokenizer(sourcesOf('tiny-v5'));

describe('encode', () => {
  test.each(golden.texts)('gives the ids of Hugging Face for $text', ({ text, ids }) => {
    expect(tokenizer.encode(text, true)).toEqual(ids);
  });
});

describe('token texts', () => {
  test.each(golden.texts)('joined are the normalised text: $text', ({ text, ids }) => {
    // Half characters stand as <0xE4>: put their bytes together again before comparing.
    const bytes = ids.flatMap((id) => {
      const tokenText = tokenizer.vocabulary.texts[id] ?? '';
      return tokenText
        .split(/(<0x[0-9A-F]{2}>)/)
        .flatMap((part) => (/^<0x..>$/.test(part) ? [Number(part.slice(1, -1))] : [...Buffer.from(part)]));
    });
    expect(Buffer.from(bytes).toString('utf8')).toBe(text.normalize('NFC'));
  });

  test('an id without a token is a hole', () => {
    expect(tokenizer.vocabulary.texts).toHaveLength(308);
    expect(tokenizer.vocabulary.texts[308]).toBeUndefined();
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
    const inConfig = openTokenizer({ ...sourcesOf('tiny-v5'), config, chatTemplate: undefined });
    const both = openTokenizer({ ...sourcesOf('tiny-v5'), config, chatTemplate: 'file' });
    expect(inConfig.applyChatTemplate({ user: 'fox' })).toBe('config fox');
    expect(both.applyChatTemplate({ user: 'fox' })).toBe('file');
  });

  test('no template is an input error', () => {
    const without = openTokenizer({ ...sourcesOf('tiny-v5'), config: undefined, chatTemplate: undefined });
    expect(() => without.applyChatTemplate({ user: 'fox' })).toThrow('This model has no chat template.');
  });

  test('what a template raises is an input error', () => {
    const raising = openTokenizer({ ...sourcesOf('tiny-v5'), chatTemplate: "{{ raise_exception('no \u001B[31m') }}" });
    expect(() => raising.applyChatTemplate({ user: 'fox' })).toThrow('The chat template of this model failed.');
  });
});

describe('fingerprint', () => {
  test('does not depend on the library version that saved the tokenizer', () => {
    expect(openTokenizer(sourcesOf('tiny-published')).vocabulary.fingerprint).toBe(tokenizer.vocabulary.fingerprint);
  });

  test('changes when an added token, a piece or a merge does', () => {
    const { tokenizer: text, ...rest } = sourcesOf('tiny-v5');
    const changed = [
      text.replace('<|im_end|>', '<|fox|>'),
      swapIds(text, 'a', 'b'),
      JSON.stringify({ ...JSON.parse(text), model: { ...JSON.parse(text).model, merges: [] } }),
    ].map((variant) => openTokenizer({ ...rest, tokenizer: variant }).vocabulary.fingerprint);
    expect(new Set([...changed, tokenizer.vocabulary.fingerprint]).size).toBe(4);
  });
});

function swapIds(text: string, left: string, right: string): string {
  const json = JSON.parse(text);
  const { vocab } = json.model;
  [vocab[left], vocab[right]] = [vocab[right], vocab[left]];
  return JSON.stringify(json);
}
