import type { Colours } from './colours.ts';
import { element } from './dom.ts';
import { AXIS_HEIGHT, AXIS_WIDTH, GridLayout, tickStep } from './grid-layout.ts';
import type { Box } from './grid-layout.ts';
import { TEXT_FROM, paintCell } from './paint-cell.ts';
import type { CellContent } from './paint-cell.ts';
import type { Cell } from './selection.ts';

export interface HeatmapContent extends CellContent {
  readonly columns: number;
  readonly rows: number;
  /** names at the axes; row 0 is the lowest */
  columnName(column: number): string;
  rowName(row: number): string;
}

const FONT = '11px system-ui, sans-serif';
const TEXT_ROW = 15;
const TALLEST_ROW = 26;
const USUAL_HEIGHT = 460;
/** The name of a low row at the upper edge is not cut. */
const HALF_LINE = 6;

/** Cells of colour on a canvas, with axes and a cross-hair. What it shows is also said in words elsewhere. */
export class Heatmap {
  readonly element: HTMLElement;
  readonly #canvas = element('canvas', { 'aria-hidden': 'true' });
  readonly #row = element('div', { class: 'crosshair row' });
  readonly #column = element('div', { class: 'crosshair column' });
  readonly #cell = element('div', { class: 'crosshair cell' });
  readonly #height: number;
  #layout = new GridLayout(1, 1, 0, 0, 1);

  /** @param height of the cells together, in pixels, where no text needs more */
  constructor(height = USUAL_HEIGHT) {
    this.#height = height;
    this.element = element('div', { class: 'heatmap' }, this.#canvas, this.#row, this.#column, this.#cell);
  }

  paint(content: HeatmapContent, colours: Colours): void {
    const layout = this.#layoutFor(content);
    this.#layout = layout;
    const [width, height] = [AXIS_WIDTH + layout.width, layout.height + AXIS_HEIGHT];
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    const context = this.#canvas.getContext('2d');
    if (context === null) return;
    context.scale(devicePixelRatio, devicePixelRatio);
    context.textBaseline = 'middle';
    context.font = FONT;
    // Columns differ by a device pixel: what has room in one has room in all.
    const room = Math.floor(layout.width / layout.columns);
    for (let column = 0; column < content.columns; column++) {
      for (let row = 0; row < content.rows; row++) {
        paintCell(context, content, { column, row }, { ...layout.box({ column, row }), room }, colours);
      }
    }
    paintAxes(context, content, layout, colours);
  }

  /** Puts the cross-hair on a cell, or on a whole row or column. */
  place({ column, row }: Partial<Cell>): void {
    const { width, height, columns } = this.#layout;
    const box = this.boxOf({ column: column ?? 0, row: row ?? 0 });
    const across = { left: AXIS_WIDTH, top: box.top, width, height: box.height };
    const down = { left: box.left, top: 0, width: box.width, height };
    position(this.#row, row === undefined ? undefined : across);
    position(this.#column, column === undefined || columns === 1 ? undefined : down);
    position(this.#cell, column === undefined || row === undefined ? undefined : box);
  }

  /** The cell's place within {@link element}. */
  boxOf(cell: Cell): Box {
    return this.#layout.box(cell);
  }

  cellAt({ clientX, clientY }: MouseEvent): Cell | undefined {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return this.#layout.cellAt(clientX - left, clientY - top);
  }

  #layoutFor({ columns, rows, text }: HeatmapContent): GridLayout {
    const width = Math.max(1, this.element.clientWidth - AXIS_WIDTH);
    const written = text !== undefined && width / columns >= TEXT_FROM;
    const rowHeight = Math.min(TALLEST_ROW, Math.max(this.#height / rows, written ? TEXT_ROW : 2));
    return new GridLayout(columns, rows, width, Math.round(rowHeight * rows), devicePixelRatio);
  }
}

function paintAxes(
  context: CanvasRenderingContext2D,
  content: HeatmapContent,
  layout: GridLayout,
  { muted }: Colours,
): void {
  const { columns, rows, width, height } = layout;
  context.fillStyle = muted;
  context.textAlign = 'right';
  for (let row = 0; row < rows; row += tickStep(height / rows, 13)) {
    const box = layout.box({ column: 0, row });
    context.fillText(content.rowName(row), AXIS_WIDTH - 5, Math.max(HALF_LINE, box.top + box.height / 2));
  }
  context.textAlign = 'center';
  const longest = content.columnName(columns - 1).length;
  for (let column = 0; column < columns; column += tickStep(width / columns, 7 * longest + 8)) {
    const box = layout.box({ column, row: 0 });
    context.fillText(content.columnName(column), box.left + box.width / 2, height + AXIS_HEIGHT / 2);
  }
}

function position(target: HTMLElement, box: Box | undefined): void {
  target.hidden = box === undefined;
  for (const [name, length] of Object.entries(box ?? {})) target.style.setProperty(name, `${length}px`);
}
