import { describe, expect, test } from 'vitest';
import { bytesOfPiece, textOfBytes } from '../../../src/analysis/tokenizer/byte-level.ts';

describe('bytesOfPiece', () => {
  test.each([
    ['Ġme', ' me'],
    ['Ċ', '\n'],
    ['Ã¼', 'ü'],
    ['æĹ¥', '日'],
  ])('%s', (piece, text) => {
    expect(new TextDecoder().decode(bytesOfPiece(piece))).toBe(text);
  });

  test('a character outside the alphabet has no byte', () => {
    expect(bytesOfPiece('日')).toBeUndefined();
  });
});

describe('textOfBytes', () => {
  test.each([
    ['whole characters', [0x20, 0xc3, 0xbc, 0xf0, 0x9f, 0x98, 0x80], ' ü😀'],
    ['a lead byte alone', [0xe4], '<0xE4>'],
    ['a cut character after a whole one', [0x61, 0xf0, 0x9f], 'a<0xF0><0x9F>'],
    ['a whole character after the rest of another', [0x98, 0x80, 0x61, 0xc3, 0xbc], '<0x98><0x80>aü'],
    ['controls stay as they are', [0x00, 0x1b, 0x7f], '\u0000\u001B\u007F'],
    ['a byte order mark stays', [0xef, 0xbb, 0xbf], '\uFEFF'],
    ['an overlong form is bytes', [0xc0, 0xaf], '<0xC0><0xAF>'],
    ['a surrogate is bytes', [0xed, 0xa0, 0x80], '<0xED><0xA0><0x80>'],
    ['bytes that UTF-8 never uses', [0xff, 0x61], '<0xFF>a'],
  ])('%s', (_name, bytes, text) => {
    expect(textOfBytes(Uint8Array.from(bytes))).toBe(text);
  });
});
