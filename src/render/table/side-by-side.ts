import type { Style } from '../style.ts';
import { displayWidth } from '../width.ts';
import { BORDER_WIDTH, grid } from './grid.ts';
import type { Reading } from './reading.ts';
import { fitToken, labelTokens } from './token-cells.ts';

/** Columns for the token and for the bar of a list; final prediction and attention share them, so that they line up. */
export interface ListRoom {
  readonly token: number;
  readonly bar: number;
}

/** Columns of a list's line beside token and bar: `  9 `, ` 0.232 `. */
export const LIST_FIXED_WIDTH = 11;
/** Places and points that the fine-tune's final prediction has beside its bar. */
export const PLACES_AND_POINTS_WIDTH = 11;
const STACKED_BELOW = 60;
const LEAST_TOKEN = 12;
const LONGEST_TOKEN = 48;
const LEAST_BAR = 3;
const LONGEST_BAR = 16;

export function listRoom({ sides }: Reading, style: Style): ListRoom {
  const lists = sides.flatMap(({ position, model }) => [position.final.top, model.attention?.top ?? []]);
  const longest = Math.max(
    LEAST_TOKEN,
    ...lists.flatMap((tokens) => {
      const labels = labelTokens(tokens, style);
      return tokens.map((token) => displayWidth(fitToken(token, labels, LONGEST_TOKEN, style)));
    }),
  );
  const pair = sides.length > 1;
  const fixed = pair ? 2 * LIST_FIXED_WIDTH + PLACES_AND_POINTS_WIDTH + 1 + BORDER_WIDTH : LIST_FIXED_WIDTH;
  const stacked = LIST_FIXED_WIDTH + (pair ? PLACES_AND_POINTS_WIDTH + 1 : 0);
  const spare = pair && style.width >= STACKED_BELOW ? Math.floor((style.width - fixed) / 2) : style.width - stacked;
  const bar = Math.min(LONGEST_BAR, Math.max(LEAST_BAR, Math.floor(spare * 0.45)));
  return { bar, token: Math.min(longest, spare - bar) };
}

/** Lines of one side, all at most `width` columns. */
export interface Block {
  readonly width: number;
  readonly lines: readonly string[];
}

/** One block, or two with a border between them; where a line has no room for both, one after the other. */
export function sideBySide(blocks: readonly Block[], style: Style): string[] {
  const [left, right] = blocks;
  if (left === undefined) return [];
  if (right === undefined) return left.lines.map((line) => line.trimEnd());
  if (left.width + BORDER_WIDTH + right.width > style.width) return [...left.lines, '', ...right.lines];
  const rows = Array.from({ length: Math.max(left.lines.length, right.lines.length) }, (_, index) => [
    { text: left.lines[index] ?? '' },
    { text: right.lines[index] ?? '' },
  ]);
  return grid(rows, [left.width, right.width], style.glyphs);
}

/** `title`, and `end` at the right edge when both fit. */
export function titleLine(title: string, end: string, width: number): string {
  const gap = width - displayWidth(title) - displayWidth(end);
  return gap < 2 || end === '' ? title : title + ' '.repeat(gap) + end;
}
