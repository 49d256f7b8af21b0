import type { Wording } from '../../report/verdict.ts';
import { tokenText, visibleText } from '../token-text.ts';
import { Markup, escapeHtml } from './markup.ts';

/** Private-use characters round a token in a sentence: text from models and files never holds any after it is shown. */
const TOKEN_START = '\u{F0000}';
const TOKEN_END = '\u{F0001}';

/** Sentences whose tokens can be told from their words by {@link withTokens}. */
export const WORDING: Wording = {
  quote: (text) => TOKEN_START + tokenText(text) + TOKEN_END,
  plain: visibleText,
};

/** A sentence in {@link WORDING} as HTML, its tokens as such. */
export function withTokens(sentence: string): Markup {
  return new Markup(
    escapeHtml(sentence).replaceAll(TOKEN_START, '<span class="token">').replaceAll(TOKEN_END, '</span>'),
  );
}
