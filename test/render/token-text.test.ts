import { describe, expect, it } from 'vitest';
import { asciiQuote, quoteText } from '../../src/render/quote-text.ts';
import { asciiText, tokenText, visibleText } from '../../src/render/token-text.ts';
import { HOSTILE_TOKENS } from './hostile-tokens.ts';

describe('tokenText', () => {
  it.each([
    ['', '∅'],
    [' me', '·me'],
    ['a b', 'a·b'],
    ['\n', '⏎'],
    ['\r\n', '␍⏎'],
    ['\t', '⇥'],
    ['\0', '␀'],
    ['\u001b[31m', '␛[31m'],
    ['\u007f', '␡'],
    ['\u0085', String.raw`\x85`],
    ['\u00a0', String.raw`\xA0`],
    ['\u00ad', String.raw`\xAD`],
    ['\u200d', String.raw`\u200D`],
    ['\ufeff', String.raw`\uFEFF`],
    ['\u202e', String.raw`\u202E`],
    ['\u2028', String.raw`\u2028`],
    ['\u3000', String.raw`\u3000`],
    ['\ud800', String.raw`\uD800`],
    ['\ue000', String.raw`\uE000`],
    ['\u{10ffff}', String.raw`\u{10FFFF}`],
    ['\u3164', String.raw`\u3164`],
    ['\u{1f1ef}\u{1f1f5}', String.raw`\u{1F1EF}\u{1F1F5}`],
    ['👍🏽', String.raw`👍\u{1F3FD}`],
    ['❤️', String.raw`❤\uFE0F`],
    ['1️⃣', String.raw`1\uFE0F\u20E3`],
    ['了一些', '了一些'],
    ['مصطف', 'مصطف'],
  ])('shows %j as %s', (text, shown) => {
    expect(tokenText(text)).toBe(shown);
  });

  it('tells its own marks in a token from marks that it set', () => {
    expect(tokenText('·')).toBe(String.raw`\xB7`);
    expect(tokenText('⏎')).toBe(String.raw`\u23CE`);
    expect(tokenText('×3')).toBe(String.raw`\xD73`);
    expect(tokenText('…')).toBe(String.raw`\u2026`);
    expect(tokenText('a…b')).toBe('a…b');
    expect(tokenText(String.raw`\n`)).toBe(String.raw`\n`);
  });

  it('counts runs of more than three marks or symbols, never of letters or digits', () => {
    expect(tokenText('\n\n\n')).toBe('⏎⏎⏎');
    expect(tokenText('\n'.repeat(32))).toBe('⏎×32');
    expect(tokenText('─'.repeat(40))).toBe('─×40');
    expect(tokenText('..\n\n\n\n')).toBe('..⏎×4');
    expect(tokenText('\u200b'.repeat(5))).toBe(String.raw`\u200B×5`);
    expect(tokenText('aaaaa 00000')).toBe('aaaaa·00000');
  });

  it('gives a leading combining mark something to stand on', () => {
    expect(tokenText('\u0301a')).toBe('◌\u0301a');
  });

  it('stacks at most four marks on a letter', () => {
    expect(tokenText('e\u0301\u0302\u0303\u0304')).toBe('e\u0301\u0302\u0303\u0304');
    expect(tokenText(`e${'\u0301'.repeat(6)}`)).toBe(String.raw`e${'\u0301'.repeat(4)}\u0301\u0301`);
    expect(quoteText(`e${'\u0301'.repeat(1000)}`, 20)).toHaveLength(1 + 1 + 4 + 18 + 1 + 1);
  });

  it('leaves the words of the tokenizer for bytes and unused ids alone', () => {
    expect(tokenText('<0xE4>')).toBe('<0xE4>');
    expect(tokenText('[unused 151700]')).toBe('[unused 151700]');
  });
});

describe('quoted and plain text', () => {
  it('keeps spaces and quotes as JSON does', () => {
    expect(quoteText(' me')).toBe('" me"');
    expect(quoteText('say "a\\b"\n')).toBe(String.raw`"say \"a\\b\"\n"`);
    expect(visibleText('my models/a b')).toBe('my models/a b');
    expect(visibleText('evil\u001b[2J\nname')).toBe(String.raw`evil\x1B[2J\nname`);
  });

  it('isolates right-to-left text, whole or cut', () => {
    expect(quoteText('مصطف')).toBe('"\u2068مصطف\u2069"');
    expect(quoteText('مصطفى', 3)).toBe('"\u2068مص…\u2069"');
    expect(visibleText('plain')).toBe('plain');
  });

  it('writes pure ASCII that JSON reads back', () => {
    expect(asciiQuote('了 a\n')).toBe(String.raw`"\u4e86 a\n"`);
    for (const text of HOSTILE_TOKENS) expect(JSON.parse(asciiQuote(text))).toBe(text);
    expect(asciiText('/tmp/了\n')).toBe(String.raw`/tmp/\u4E86\n`);
  });
});

describe('every form of every hostile token', () => {
  const forms = { tokenText, quoteText, visibleText, asciiQuote, asciiText };
  // Isolates are ours: tokenText leaves them to the cell, the other two add a pair.
  const RAW = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}]|(?![\u2068\u2069])\p{Cf}/u;

  it.each(Object.entries(forms))('%s is one line without control, format or private characters', (_, form) => {
    for (const text of HOSTILE_TOKENS) expect(form(text)).not.toMatch(RAW);
  });
});
