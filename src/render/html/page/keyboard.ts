import type { Cell, Selected } from './selection.ts';

export interface Grid {
  readonly columns: number;
  readonly rows: number;
  /** whether the two models have another top token in this cell */
  otherTop1(cell: Cell): boolean;
}

const PAGE = 8;

/** What a key does to the selection; undefined for keys that do nothing. The last layer is on top. */
export function selectionAfter(key: string, now: Selected, grid: Grid): Partial<Selected> | undefined {
  const { column, row } = now;
  switch (key) {
    case 'ArrowLeft':
      return { column: Math.max(0, column - 1) };
    case 'ArrowRight':
      return { column: Math.min(grid.columns - 1, column + 1) };
    case 'ArrowUp':
      return { row: Math.min(grid.rows - 1, row + 1) };
    case 'ArrowDown':
      return { row: Math.max(0, row - 1) };
    case 'PageUp':
      return { row: Math.min(grid.rows - 1, row + PAGE) };
    case 'PageDown':
      return { row: Math.max(0, row - PAGE) };
    case 'Home':
      return { column: 0 };
    case 'End':
      return { column: grid.columns - 1 };
    case 'n':
      return nextOtherTop1(now, grid, 1);
    case 'p':
      return nextOtherTop1(now, grid, -1);
    case 'Enter':
      return { pinned: true };
    case 'Escape':
      return { pinned: false };
    default:
      return undefined;
  }
}

/** The nearest cell with another top token, upwards through the layers and on with the next position, and round. */
function nextOtherTop1({ column, row }: Cell, grid: Grid, step: 1 | -1): Cell {
  const cells = grid.columns * grid.rows;
  const start = column * grid.rows + row;
  for (let distance = 1; distance < cells; distance++) {
    const index = (start + step * distance + cells) % cells;
    const cell = { column: Math.floor(index / grid.rows), row: index % grid.rows };
    if (grid.otherTop1(cell)) return cell;
  }
  return { column, row };
}
