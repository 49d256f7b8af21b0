import { textOfBytes } from './byte-level.ts';

/** A run of bytes that are no whole characters within their tokens; ASCII bytes always are. */
const LOOSE_BYTES = /(?:<0x[89A-F][0-9A-F]>)+/g;

/**
 * What tokens spell together, from the text of each: a character whose bytes lie in several tokens becomes whole.
 * Bytes that make no character stay `<0xE4>`.
 */
export function textOfTokens(texts: readonly string[]): string {
  return texts.join('').replaceAll(LOOSE_BYTES, (run) => textOfBytes(Buffer.from(run.replaceAll(/<0x|>/g, ''), 'hex')));
}
