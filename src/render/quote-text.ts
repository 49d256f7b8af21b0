import { escapeUnsafe, isolate, jsonEscape } from './token-text.ts';
import { cut } from './width.ts';

/** Text in a sentence, quoted as in JSON: `" me"`, `"\n"`; cut to `width` columns between the quotes. */
export function quoteText(text: string, width = Infinity): string {
  const escaped = escapeUnsafe(text.replaceAll(/["\\]/g, String.raw`\$&`));
  return `"${isolate(cut(escaped, width, '…'))}"`;
}

/** A JSON string of printable ASCII only, cut to `width` columns between the quotes. */
export function asciiQuote(text: string, width = Infinity): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/[^\x20-\x7e]/g, jsonEscape);
  return `"${cut(escaped, width, '..')}"`;
}
