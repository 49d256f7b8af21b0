import type { Cell } from './selection.ts';

/** A rectangle in CSS pixels. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Room beside and below the cells for the names of rows and columns. */
export const AXIS_WIDTH = 34;
export const AXIS_HEIGHT = 18;

/** Cells beside the axis at the left and above that at the bottom, row 0 lowest, their edges on whole device pixels. */
export class GridLayout {
  readonly columns: number;
  readonly rows: number;
  /** of all cells together */
  readonly width: number;
  readonly height: number;
  readonly #density: number;

  /** @param density device pixels of a CSS pixel */
  constructor(columns: number, rows: number, width: number, height: number, density: number) {
    this.columns = columns;
    this.rows = rows;
    this.width = width;
    this.height = height;
    this.#density = density;
  }

  box({ column, row }: Cell): Box {
    const left = this.#edge(column / this.columns, this.width);
    const top = this.#edge((this.rows - 1 - row) / this.rows, this.height);
    return {
      left: AXIS_WIDTH + left,
      top,
      width: this.#edge((column + 1) / this.columns, this.width) - left,
      height: this.#edge((this.rows - row) / this.rows, this.height) - top,
    };
  }

  /** The cell at a point; undefined on the axes and outside. */
  cellAt(x: number, y: number): Cell | undefined {
    const column = Math.floor(((x - AXIS_WIDTH) / this.width) * this.columns);
    const row = this.rows - 1 - Math.floor((y / this.height) * this.rows);
    return column >= 0 && column < this.columns && row >= 0 && row < this.rows ? { column, row } : undefined;
  }

  #edge(share: number, length: number): number {
    return Math.round(share * length * this.#density) / this.#density;
  }
}

/** Every first, second, fourth, eighth ... cell of `size` pixels, so that names of `needed` pixels keep apart. */
export function tickStep(size: number, needed: number): number {
  let step = 1;
  while (step * size < needed) step *= 2;
  return step;
}
