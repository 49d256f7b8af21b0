import { describe, expect, it } from 'vitest';
import { syntheticShape } from '../../../scripts/synthetic/shapes.ts';
import { tokenizerConfigJson, tokenizerJson } from '../../../scripts/synthetic/tokenizer.ts';
import { tokenizerOf } from '../../helpers/tokenizer.ts';

describe.each(['tiny', '30b-a3b'])('the tokenizer of %s', (name) => {
  const { tokens, vocabSize } = syntheticShape(name);
  const tokenizer = tokenizerOf({
    tokenizer: JSON.stringify(tokenizerJson(tokens)),
    config: JSON.stringify(tokenizerConfigJson()),
  });

  it('has as many tokens as the shape says, and fewer than the head has rows', () => {
    const { vocabulary } = tokenizer;
    const texts = Array.from({ length: vocabulary.size }, (_, id) => vocabulary.text(id));
    expect(texts.filter((text) => text !== undefined)).toHaveLength(tokens);
    expect(tokenizer.check()).toBeUndefined();
    expect(tokens).toBeLessThan(vocabSize);
  });

  it('gives the text back, whatever it is', () => {
    const text = 'the fox 🦊 says\n"né"';
    const ids = tokenizer.encode(text, true);
    expect(ids.length).toBeLessThan(text.length + 10);
    expect(new Set(ids.map((id) => id < tokens))).toEqual(new Set([true]));
  });

  it('knows the marks of a conversation', () => {
    const messages = tokenizer.applyChatTemplate({ user: 'hello' });
    expect(messages).toBe('<|im_start|>user\nhello<|im_end|>\n<|im_start|>assistant\n');
    expect(tokenizer.encode(messages, true)[0]).toBe(tokens - 2);
  });
});
