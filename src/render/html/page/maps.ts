import type { Appearance } from './appearance.ts';
import type { Colours } from './colours.ts';
import { element, section } from './dom.ts';
import { GridCursor } from './grid-cursor.ts';
import { Heatmap } from './heatmap.ts';
import type { HeatmapContent } from './heatmap.ts';
import { legend } from './legend.ts';
import { changeContent, modelContent } from './map-content.ts';
import { changeMeasures, modelMeasures } from './measures.ts';
import type { Measure } from './measures.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';

interface Panel {
  readonly title: string;
  readonly heatmap: Heatmap;
  readonly legend: HTMLElement;
  /** What its marks mean. */
  readonly note: string;
  /** What it shows now, and its ends of the scale. */
  shown(): { readonly content: HeatmapContent; readonly low: string; readonly high: string };
}

/** Base, fine-tune and their difference over layers and positions: three canvases with one cross-hair. */
export function maps(report: PageReport, selection: Selection, appearance: Appearance): HTMLElement {
  const show = new Choice('Show', modelMeasures(report));
  const difference = new Choice('Difference', changeMeasures(report));
  const { models, change } = report.data;
  const panels = models.map((model) => panelOf(model.label, show, (measure) => modelContent(report, model, measure)));
  if (change !== null) {
    const note = change.floor === null ? '' : ' ╱ within the noise floor';
    panels.push(panelOf('Difference', difference, (measure) => changeContent(report, change, measure), note));
  }
  const cursor = new GridCursor(report, selection);
  let active = panels[0]?.heatmap;
  const place = (): void => {
    for (const { heatmap } of panels) heatmap.place(selection.now);
    if (active !== undefined) cursor.place(active);
  };
  const draw = (colours: Colours): void => {
    for (const panel of panels) {
      const { content, low, high } = panel.shown();
      panel.heatmap.paint(content, colours);
      panel.legend.replaceChildren(legend(content.scale, low, high), panel.note);
    }
    place();
  };
  const choices = change === null ? [show] : [show, difference];
  for (const { control } of choices) control.addEventListener('change', () => draw(appearance.colours));
  for (const { heatmap } of panels) {
    followPointer(heatmap, selection, () => {
      active = heatmap;
      place();
      cursor.focus();
    });
  }
  // The panels have no width before they are in the page.
  queueMicrotask(() => {
    appearance.follow(draw);
    selection.follow(place);
  });
  const controls = element('div', { class: 'controls' }, ...choices.map(({ label }) => label), keys(change !== null));
  const figures = element(
    'div',
    { class: 'panels', 'data-panels': panels.length },
    ...panels.map(figureOf),
    cursor.element,
  );
  return section('maps', 'Layers × positions', controls, figures);
}

/** A select box of measures. */
class Choice<Subject> {
  readonly control: HTMLSelectElement;
  readonly label: HTMLElement;
  readonly #measures: readonly Measure<Subject>[];

  constructor(name: string, measures: readonly Measure<Subject>[]) {
    this.#measures = measures;
    const options = measures.map((measure) => element('option', {}, measure.name));
    this.control = element('select', { id: `select-${name.toLowerCase()}` }, ...options);
    this.label = element('label', { for: this.control.id }, `${name} `, this.control);
  }

  get measure(): Measure<Subject> {
    return this.#measures[this.control.selectedIndex] as Measure<Subject>;
  }
}

function panelOf<Subject>(
  title: string,
  choice: Choice<Subject>,
  contentOf: (measure: Measure<Subject>) => HeatmapContent,
  note = '',
): Panel {
  const shown: Panel['shown'] = () => {
    const { measure } = choice;
    return { content: contentOf(measure), low: measure.format(measure.low), high: measure.format(measure.high) };
  };
  return { title, heatmap: new Heatmap(), legend: element('span'), note, shown };
}

function figureOf({ title, legend: ends, heatmap }: Panel): HTMLElement {
  const caption = element('figcaption', {}, element('b', {}, title), ends);
  return element('figure', { class: `panel ${title.toLowerCase()}` }, caption, heatmap.element);
}

/** Moving looks, a click pins and unpins. */
function followPointer(heatmap: Heatmap, selection: Selection, activate: () => void): void {
  heatmap.element.addEventListener('pointermove', (event) => {
    const cell = heatmap.cellAt(event);
    if (cell !== undefined && !selection.now.pinned && event.pointerType !== 'touch') selection.move(cell);
  });
  heatmap.element.addEventListener('click', (event) => {
    const cell = heatmap.cellAt(event);
    if (cell === undefined) return;
    const { column, row, pinned } = selection.now;
    selection.move({ ...cell, pinned: !(pinned && cell.column === column && cell.row === row) });
    activate();
  });
}

function keys(pair: boolean): HTMLElement {
  const all = [
    ['←↑→↓', 'move'],
    ['PgUp PgDn', '8 layers'],
    ['Home End', 'first, last position'],
    ...(pair ? [['n p', 'next, previous other top-1']] : []),
    ['Enter', 'pin'],
    ['Esc', 'unpin'],
  ];
  const words = all.flatMap(([key = '', does = '']) => [element('kbd', {}, key), ` ${does} `]);
  return element('span', { class: 'keys' }, ...words);
}
