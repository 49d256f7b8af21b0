import { element } from './dom.ts';
import type { Heatmap } from './heatmap.ts';
import { selectionAfter } from './keyboard.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';
import { sentence } from './sentence.ts';

/**
 * The maps for keyboard and screen reader: one tab stop, a grid of which only the selected cell exists. It lies over that
 * cell of the active map, is its focus ring, and is named by what the card says.
 */
export class GridCursor {
  readonly element: HTMLElement;
  readonly #cell = element('div', { role: 'gridcell', tabindex: 0, class: 'focus' });
  readonly #report: PageReport;
  readonly #selection: Selection;

  constructor(report: PageReport, selection: Selection) {
    this.#report = report;
    this.#selection = selection;
    const size = { 'aria-rowcount': report.rows, 'aria-colcount': report.columns };
    const row = element('div', { role: 'row' }, this.#cell);
    this.element = element('div', { role: 'grid', 'aria-label': 'Layers and positions', ...size }, row);
    this.#cell.addEventListener('keydown', (event) => this.#press(event));
  }

  focus(): void {
    this.#cell.focus({ preventScroll: true });
  }

  /** Lies over the selected cell of a map. */
  place(heatmap: Heatmap): void {
    const { column, row } = this.#selection.now;
    const box = heatmap.boxOf({ column, row });
    const { offsetLeft, offsetTop } = heatmap.element;
    const place = { left: offsetLeft + box.left, top: offsetTop + box.top, width: box.width, height: box.height };
    for (const [name, length] of Object.entries(place)) this.#cell.style.setProperty(name, `${length}px`);
    this.#cell.setAttribute('aria-rowindex', String(this.#report.rows - row));
    this.#cell.setAttribute('aria-colindex', String(column + 1));
    this.#cell.setAttribute('aria-label', sentence(this.#report, { column, row }));
  }

  #press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = selectionAfter(event.key, this.#selection.now, this.#report);
    if (next === undefined) return;
    event.preventDefault();
    this.#selection.move(next);
  }
}
