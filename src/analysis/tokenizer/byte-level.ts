import { isUtf8 } from 'node:buffer';

/**
 * Byte-level BPE writes every byte as one printable character: bytes that are printable Latin-1 stand for themselves,
 * the other 68 are U+0100 … U+0143 in order (`bytes_to_unicode` of GPT-2's encoder.py).
 */
const BYTE_OF_CHARACTER = byteOfCharacter();

function byteOfCharacter(): ReadonlyMap<string, number> {
  const bytes = new Map<string, number>();
  let next = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
    bytes.set(String.fromCodePoint(printable ? byte : next++), byte);
  }
  return bytes;
}

/** Bytes of a byte-level piece, or `undefined` when it holds a character that stands for no byte. */
export function bytesOfPiece(piece: string): Uint8Array | undefined {
  const bytes = new Uint8Array(piece.length);
  let length = 0;
  for (const character of piece) {
    const byte = BYTE_OF_CHARACTER.get(character);
    if (byte === undefined) return undefined;
    bytes[length++] = byte;
  }
  return bytes.subarray(0, length);
}

const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 bytes as text; each byte that belongs to no whole character is written `<0xE4>`. */
export function textOfBytes(bytes: Uint8Array): string {
  if (isUtf8(bytes)) return UTF8.decode(bytes);
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const character = bytes.subarray(at, at + length);
    const whole = isUtf8(character);
    text += whole ? UTF8.decode(character) : `<0x${lead.toString(16).toUpperCase()}>`;
    at += whole ? length : 1;
  }
  return text;
}
