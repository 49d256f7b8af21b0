import { percent } from '../../report/numbers.ts';
import type { Style } from '../style.ts';
import { isolate } from '../token-text.ts';
import { cut, displayWidth, padAnchored } from '../width.ts';

interface Token {
  readonly id: number;
  readonly text: string;
}

/** A token as a row shows it; `suffix` survives a cut. */
interface TokenLabel {
  readonly text: string;
  /** `#id` when another id of the row has the same text. */
  readonly suffix: string;
}

export type TokenLabels = ReadonlyMap<number, TokenLabel>;

const LIST_GAP = '  ';
/** The least of a token worth showing: a letter or a wide character and the mark of the cut. */
const LEAST_CUT = 3;

/** Labels of the tokens of one row, by id. Equal texts of different ids are told apart. */
export function labelTokens(tokens: readonly Token[], style: Style): TokenLabels {
  const texts = new Map(tokens.map(({ id, text }) => [id, style.token(text)]));
  const counts = new Map<string, number>();
  for (const text of texts.values()) counts.set(text, (counts.get(text) ?? 0) + 1);
  return new Map(
    Array.from(texts, ([id, text]) => [id, { text, suffix: (counts.get(text) ?? 0) > 1 ? `#${id}` : '' }]),
  );
}

/** The token's label in at most `width` columns. */
export function fitToken(token: Token, labels: TokenLabels, width: number, { glyphs }: Style): string {
  const { text, suffix } = labels.get(token.id) ?? { text: '', suffix: '' };
  const room = Math.max(1, width - suffix.length);
  return cut(isolate(cut(text, room, glyphs.ellipsis)) + suffix, width, glyphs.ellipsis);
}

/** The token's label in exactly `width` columns; the next column stays in place on terminals that measure otherwise. */
export function tokenCell(token: Token, labels: TokenLabels, width: number, style: Style): string {
  return padAnchored(fitToken(token, labels, width, style), width);
}

interface ListedToken extends Token {
  readonly prob: number;
}

/** As many tokens as fit `width` columns, most probable first; the last one may be cut. */
export function tokenList(
  tokens: readonly ListedToken[],
  labels: TokenLabels,
  withPercent: boolean,
  width: number,
  style: Style,
): string {
  let list = '';
  let room = width;
  for (const token of tokens) {
    const gap = list === '' ? '' : LIST_GAP;
    const share = withPercent ? ` ${wholePercent(token.prob)}` : '';
    const left = room - gap.length - share.length;
    const whole = displayWidth(fitToken(token, labels, Infinity, style));
    if (left < Math.min(whole, LEAST_CUT)) break;
    const shown = fitToken(token, labels, left, style);
    list += gap + padAnchored(shown, displayWidth(shown)) + share;
    room = left - displayWidth(shown);
    if (whole > left) break;
  }
  return list;
}

function wholePercent(prob: number): string {
  return percent(prob, 0);
}
