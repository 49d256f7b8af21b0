import { divergence } from '../../../report/numbers.ts';
import type { Appearance } from './appearance.ts';
import { choiceMap } from './choice-map.ts';
import type { Colours } from './colours.ts';
import { element, section } from './dom.ts';
import { expertChange } from './expert-change.ts';
import type { ExpertChange } from './expert-change.ts';
import { Heatmap } from './heatmap.ts';
import { legend } from './legend.ts';
import { loadPanels } from './load-panels.ts';
import type { LoadPanel } from './load-panels.ts';
import type { PageReport } from './report.ts';
import { routingTable } from './routing-table.ts';
import type { Cell, Selection } from './selection.ts';

const CHOICE_HEIGHT = 360;

/** Which experts the blocks choose at the selected position, in both models; and how often over all positions. */
export function routing(report: PageReport, selection: Selection, appearance: Appearance): HTMLElement {
  const chosen = new Heatmap(CHOICE_HEIGHT);
  const title = element('b');
  const words = element('p', { class: 'note muted' });
  const loads = loadPanels(report);
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
  return section('routing', 'Routing: layers × experts', choice, ...overPositions(report, loads, selection));
}

/** Nothing where one position was read. */
function overPositions(report: PageReport, loads: readonly LoadPanel[], selection: Selection): HTMLElement[] {
  if (loads.length === 0) return [];
  const { routing: summary, summedPositions } = report.data;
  const figures = loads.map(({ figure }) => figure);
  return [
    element('p', { class: 'note muted' }, `How often each expert is chosen over ${summedPositions}.`),
    element('div', { class: 'panels', 'data-panels': figures.length }, ...figures),
    ...(summary === null ? [] : [routingTable(report, summary, selection)]),
  ];
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
