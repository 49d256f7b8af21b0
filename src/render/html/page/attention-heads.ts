import { divergence, percent } from '../../../report/numbers.ts';
import { headPanels } from './attention-head-maps.ts';
import { headNumbers } from './attention-view.ts';
import type { AttentionSide, AttentionView } from './attention-view.ts';
import type { Colours } from './colours.ts';
import { element, scrolling } from './dom.ts';
import { Heatmap } from './heatmap.ts';
import type { PageReport } from './report.ts';

const HEIGHT = 320;
const HOW = 'Rows are heads, columns the positions looked at. Position 0 is left out of the range of colours.';

/** The heads of one layer: maps of heads × positions, and a table in words. */
export class HeadViews {
  readonly element = element('div');
  readonly #report: PageReport;
  readonly #choose: (head: number) => void;
  #maps: readonly Heatmap[] = [];
  #rows: readonly HTMLElement[] = [];

  /** @param choose is told of a head that was clicked */
  constructor(report: PageReport, choose: (head: number) => void) {
    this.#report = report;
    this.#choose = choose;
  }

  /** The element must stand in the page: maps take its width. */
  draw(view: AttentionView, colours: Colours): void {
    const heads = headNumbers(view);
    this.element.hidden = heads.length === 0;
    if (heads.length === 0) return;
    const panels = headPanels(view, heads);
    const words = element('p', { class: 'note muted' }, HOW);
    const figures = panels.map(({ name, kind, scale }) => {
      const map = new Heatmap(HEIGHT);
      map.element.addEventListener('click', (event) => {
        const cell = map.cellAt(event);
        if (cell !== undefined) this.#choose(heads.length - 1 - cell.row);
      });
      map.element.addEventListener('mousemove', (event) => {
        const cell = map.cellAt(event);
        words.textContent =
          cell === undefined ? HOW : cellWords(this.#report, view, heads.length - 1 - cell.row, cell.column);
      });
      map.element.addEventListener('mouseleave', () => {
        words.textContent = HOW;
      });
      const caption = element('figcaption', {}, element('b', { class: kind }, name), scale);
      return { map, figure: element('figure', { class: 'panel' }, caption, map.element) };
    });
    this.#maps = figures.map(({ map }) => map);
    this.#rows = heads.map((head) => this.#row(view, head));
    const body = element('tbody', {}, ...this.#rows);
    const caption = element('caption', {}, `Heads of L-${view.layer}`);
    const table = element('table', { class: 'heads' }, caption, element('thead', {}, titles(view)), body);
    this.element.replaceChildren(
      element('div', { class: 'panels', 'data-panels': figures.length }, ...figures.map(({ figure }) => figure)),
      words,
      scrolling('Heads, table', table),
    );
    for (const [i, { content }] of panels.entries()) this.#maps[i]?.paint(content, colours);
  }

  /** @param head undefined for the mean over heads */
  select(head: number | undefined): void {
    const last = this.#rows.length - 1;
    for (const map of this.#maps) map.place(head === undefined ? {} : { row: last - head });
    for (const [i, row] of this.#rows.entries()) {
      if (i === head) row.setAttribute('aria-current', 'true');
      else row.removeAttribute('aria-current');
    }
  }

  #row(view: AttentionView, head: number): HTMLElement {
    const js = view.headJs[head];
    const row = element(
      'tr',
      {},
      element('th', { scope: 'row' }, `h${head}`),
      ...(view.js === null ? [] : [number(js === undefined ? '' : divergence(js))]),
      ...view.sides.flatMap((side) => sideCells(this.#report, side, head)),
    );
    row.addEventListener('click', () => this.#choose(head));
    return row;
  }
}

/** `h17 looks at position 8 ·give: base 0.123, fine-tune 0.034` */
function cellWords(report: PageReport, { sides }: AttentionView, head: number, position: number): string {
  const weights = sides.map(({ label, attention }) => {
    const weight = attention.heads[head]?.weights[position] ?? 0;
    return `${label.toLowerCase()} ${weight.toFixed(3)}`;
  });
  return `h${head} looks at position ${position} ${report.promptText(position)}: ${weights.join(', ')}`;
}

function titles({ sides, js }: AttentionView): HTMLElement {
  const cell = (text: string, kind: string): HTMLElement => element('th', { scope: 'col', class: kind }, text);
  return element(
    'tr',
    {},
    cell('head', ''),
    ...(js === null ? [] : [cell('JS', 'number')]),
    ...sides.flatMap(({ label, kind }) => [
      cell(`${sides.length > 1 ? `${label} ` : ''}on position 0`, `number ${kind}`),
      cell('H', 'number'),
      cell('most to', ''),
    ]),
  );
}

function sideCells(report: PageReport, { attention }: AttentionSide, head: number): HTMLElement[] {
  const { weights = [], entropy = null } = attention.heads[head] ?? {};
  const most = weights.reduce<number>((best, weight, i) => ((weight ?? 0) > (weights[best] ?? 0) ? i : best), 0);
  return [
    number(percent(weights[0] ?? 0)),
    number(entropy === null ? '' : entropy.toFixed(2)),
    element('td', {}, `${most} `, element('span', { class: 'token' }, report.promptText(most))),
  ];
}

function number(text: string): HTMLElement {
  return element('td', { class: 'number' }, text);
}
