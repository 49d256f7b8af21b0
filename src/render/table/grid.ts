import Table from 'cli-table3';
import type { Glyphs } from './glyphs.ts';
import { pad } from '../width.ts';

export interface GridCell {
  /** Ready to print: at most as wide as its column, coloured or not. */
  readonly text: string;
  /** Columns it stretches over, 1 unless given. */
  readonly span?: number;
}

/** A private-use character that every version of string-width counts as one column; real text cannot hold it. */
const PLACEHOLDER = '\uE000';
const PLACEHOLDERS = new RegExp(`${PLACEHOLDER}+`, 'g');
/** A border and the blank on either side of it. */
export const BORDER_WIDTH = 3;
const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
};

/**
 * Rows of cells between upright borders, without outer borders. cli-table3 lays out blocks of the columns' widths; the
 * cells' text is put in afterwards, because its own measure of width differs from the terminal's.
 */
export function grid(rows: readonly (readonly GridCell[])[], widths: readonly number[], glyphs: Glyphs): string[] {
  const table = new Table({
    chars: { ...NO_BORDERS, middle: glyphs.vertical },
    style: { 'padding-left': 1, 'padding-right': 1, head: [], border: [] },
    colWidths: widths.map((width) => width + 2),
  });
  const texts: string[] = [];
  for (const row of rows) {
    let column = 0;
    const blocks = row.map(({ text, span = 1 }) => {
      const spanned = widths.slice(column, column + span);
      const width = spanned.reduce((sum, each) => sum + each, 0) + BORDER_WIDTH * (span - 1);
      column += span;
      texts.push(pad(text, width));
      return { content: PLACEHOLDER.repeat(width), colSpan: span };
    });
    table.push(blocks);
  }
  let next = 0;
  return table
    .toString()
    .split('\n')
    .map((line) => line.slice(1).replace(PLACEHOLDERS, () => texts[next++] ?? ''));
}

/** The line under a grid's head. */
export function rule(widths: readonly number[], { horizontal, cross }: Glyphs): string {
  return widths
    .map((width, index) => horizontal.repeat(width + (index === 0 || index === widths.length - 1 ? 1 : 2)))
    .join(cross);
}
