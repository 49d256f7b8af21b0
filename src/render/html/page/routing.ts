import { divergence } from '../../../report/numbers.ts';
import type { Appearance } from './appearance.ts';
import { choiceMap } from './choice-map.ts';
import type { Colours } from './colours.ts';
import { element, section } from './dom.ts';
import { expertChange } from './expert-change.ts';
import type { ExpertChange } from './expert-change.ts';
import { Heatmap } from './heatmap.ts';
import { legend } from './legend.ts';
import { expertLoad, loadMap } from './load-map.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Cell, Selection } from './selection.ts';

const CHOICE_HEIGHT = 360;
const LOAD_HEIGHT = 300;

/** Which experts the blocks choose at the selected position, in both models; and how often over all positions. */
export function routing(report: PageReport, selection: Selection, appearance: Appearance): HTMLElement {
  const chosen = new Heatmap(CHOICE_HEIGHT);
  const title = element('b');
  const words = element('p', { class: 'note muted' });
  const loads = report.columns > 1 ? loadsOf(report) : [];
  const heatmaps = [chosen, ...loads.map(({ heatmap }) => heatmap)];
  const place = (): void => {
    const { row } = selection.now;
    for (const heatmap of heatmaps) heatmap.place(row === 0 ? {} : { row: row - 1 });
    words.textContent = wordsOf(report, selection.now);
  };
  const drawChoice = (colours: Colours): void => {
    const { column } = selection.now;
    chosen.paint(choiceMap(report, column), colours);
    title.textContent = `Experts chosen at position ${report.position(column)}`;
  };
  queueMicrotask(() => {
    appearance.follow((colours) => {
      drawChoice(colours);
      for (const { paint } of loads) paint(colours);
      place();
    });
    selection.follow(({ column }, before) => {
      if (before !== undefined && before.column !== column) drawChoice(appearance.colours);
      place();
    });
  });
  for (const heatmap of heatmaps) {
    heatmap.element.addEventListener('click', (event) => {
      const cell = heatmap.cellAt(event);
      if (cell !== undefined) selection.move({ row: cell.row + 1, pinned: true });
    });
  }
  const marks = report.data.change === null ? legend('value', 'weight 0', '1') : choiceLegend();
  const choice = element('figure', {}, element('figcaption', {}, title, marks), chosen.element, words);
  const figures = loads.map(({ figure }) => figure);
  const load = element('div', { class: 'panels', 'data-panels': figures.length }, ...figures);
  return section('routing', 'Routing: layers × experts', choice, ...(figures.length === 0 ? [] : [load]));
}

interface Load {
  readonly figure: HTMLElement;
  readonly heatmap: Heatmap;
  readonly paint: (colours: Colours) => void;
}

function loadsOf(report: PageReport): Load[] {
  const counts = report.data.models.map((model) => expertLoad(report, model));
  const most = counts.flat().reduce((largest, count) => Math.max(largest, count), 1);
  return report.data.models.map((model, index) => {
    const heatmap = new Heatmap(LOAD_HEIGHT);
    const name = element('b', { class: colourOf(model) }, `Load, ${model.label.toLowerCase()}`);
    const caption = element('figcaption', {}, name, legend('value', '0', `${most} of ${report.columns} positions`));
    return {
      figure: element('figure', { class: 'panel' }, caption, heatmap.element),
      heatmap,
      paint: (colours) => heatmap.paint(loadMap(report, counts[index] ?? [], most), colours),
    };
  });
}

function choiceLegend(): HTMLElement {
  return element(
    'span',
    { class: 'legend' },
    '■ both  ',
    element('span', { class: 'ft' }, '▲ only fine-tune  '),
    element('span', { class: 'base' }, '▼ only base'),
  );
}

function wordsOf(report: PageReport, cell: Cell): string {
  const moved = expertChange(report, cell);
  const layer = report.layer(cell.row);
  if (moved === undefined) return `${layer} has no experts.`;
  const numbers = (list: ExpertChange['kept']): string => list.map(({ expert }) => expert).join(' ') || 'none';
  const { change } = report.data;
  if (change === null) return `${layer}: experts ${numbers(moved.kept)}`;
  const js = report.at(change.routingJs, cell);
  const shift = js === null ? '' : `; JS over all experts ${divergence(js)}`;
  return `${layer}: kept ${numbers(moved.kept)}, gained ${numbers(moved.gained)}, lost ${numbers(moved.lost)}${shift}`;
}
