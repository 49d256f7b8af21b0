import type { Style } from '../style.ts';
import { displayWidth } from '../width.ts';
import { BORDER_WIDTH, grid, rule } from './grid.ts';

/** A column as wide as its widest cell, whose cells are ready to print. */
export interface TableColumn {
  readonly title: string;
  /** one for each row of the table */
  readonly cells: readonly string[];
}

/** The columns that fit a line one beside the other; those that do not are left out. Worthier ones come first. */
export function fittingColumns(columns: readonly TableColumn[], { width }: Style): TableColumn[] {
  const fitting: TableColumn[] = [];
  for (const column of columns) if (tableWidth([...fitting, column]) <= width) fitting.push(column);
  return fitting;
}

/** Columns that a line has left beside these, and the border before them. */
export function roomBeside(columns: readonly TableColumn[], { width }: Style): number {
  return width - tableWidth(columns) - BORDER_WIDTH;
}

/** Titles, a rule, and a line for each row. */
export function columnTable(columns: readonly TableColumn[], { glyphs }: Style): string[] {
  const widths = columns.map(widthOf);
  const titles = columns.map(({ title }) => ({ text: title }));
  const rows = (columns[0]?.cells ?? []).map((_, row) => columns.map(({ cells }) => ({ text: cells[row] ?? '' })));
  const [head = '', ...lines] = grid([titles, ...rows], widths, glyphs);
  return [head, rule(widths, glyphs), ...lines];
}

function tableWidth(columns: readonly TableColumn[]): number {
  return columns.reduce((sum, column) => sum + widthOf(column) + BORDER_WIDTH, -BORDER_WIDTH);
}

function widthOf({ title, cells }: TableColumn): number {
  return Math.max(...[title, ...cells].map(displayWidth));
}
