import { distance, divergence, percent } from '../../../report/numbers.ts';
import type { ModelData } from '../page-data.ts';
import { isSettled, mark } from './card.ts';
import { bar, element, scrolling, tokenText } from './dom.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Cell, Selection } from './selection.ts';

/** Every layer at the selected position in words and numbers, the last layer on top. */
export function layerTable(report: PageReport, selection: Selection): HTMLElement {
  const body = element('tbody');
  const caption = element('caption');
  const table = element('table', { class: 'layers' }, caption, element('thead', {}, head(report)), body);
  let rows: HTMLElement[] = [];
  selection.follow(({ column, row }, before) => {
    if (before === undefined || before.column !== column) {
      rows = Array.from({ length: report.rows }, (_, each) => line(report, { column, row: each }, selection));
      body.replaceChildren(...rows.toReversed());
      caption.textContent = `Every layer at position ${report.position(column)}, token ${report.promptText(report.position(column))}`;
    } else rows[before.row]?.removeAttribute('aria-current');
    rows[row]?.setAttribute('aria-current', 'true');
  });
  return element('section', { id: 'layers', 'aria-label': 'Layers' }, scrolling('Every layer, table', table));
}

function head(report: PageReport): HTMLElement {
  const { models, change, activeThreshold } = report.data;
  const titles: [string, string][] = [['layer', '']];
  for (const model of models) {
    titles.push([`${models.length > 1 ? `${model.label} ` : ''}top-1`, colourOf(model)], ['prob', 'number']);
    titles.push([`>${activeThreshold}`, 'number'], ['H', 'number']);
    if (change === null) titles.push(['KL to final', 'number'], ['rank of final', 'number'], ['others', '']);
  }
  if (change !== null) titles.push(['JS', 'number']);
  if (change?.floor) titles.push(['floor', 'number']);
  if (change !== null) titles.push(['distance', ''], ['rank', 'number']);
  if (change?.expertsLost.some((lost) => lost !== null)) titles.push(['experts', 'number']);
  return element('tr', {}, ...titles.map(([text, kind]) => element('th', { scope: 'col', class: kind }, text)));
}

function line(report: PageReport, cell: Cell, selection: Selection): HTMLElement {
  const { models, change } = report.data;
  const cells = models.flatMap((model) => modelCells(report, model, cell));
  if (change !== null) {
    const js = report.at(change.js, cell);
    const ranks = [change.baseTop1RankInFt, change.ftTop1RankInBase].map((column) => report.at(column, cell) ?? '');
    cells.push(number(`${mark(report, cell)} ${inNats(js)}`));
    if (change.floor !== null) cells.push(number(inNats(report.at(change.floor.js, cell))));
    cells.push(element('td', { class: 'distance' }, bar(distance(js ?? 0), 'change')));
    cells.push(number(report.otherTop1(cell) ? ranks.join('/') : ''));
    if (change.expertsLost.some((each) => each !== null)) cells.push(number(sharedExperts(report, cell)));
  }
  const row = element(
    'tr',
    { class: kindOf(report, cell) },
    element('th', { scope: 'row' }, report.layer(cell.row)),
    ...cells,
  );
  row.addEventListener('click', () => selection.move({ row: cell.row, pinned: true }));
  return row;
}

function kindOf(report: PageReport, cell: Cell): 'noise' | 'other' | undefined {
  if (report.withinFloor(cell)) return 'noise';
  return report.otherTop1(cell) ? 'other' : undefined;
}

function inNats(js: number | null): string {
  return js === null ? '' : divergence(js);
}

function modelCells(report: PageReport, model: ModelData, cell: Cell): HTMLElement[] {
  const [first, ...others] = report.top(model, cell);
  const text = (value: number | null, format: (value: number) => string): HTMLElement =>
    number(value === null ? '' : format(value));
  const settled = isSettled(report, model, cell)
    ? element('span', { class: `rail ${colourOf(model)}`, title: 'settled' }, '┃')
    : '';
  const cells = [
    element('td', { class: 'top' }, settled, first === undefined ? '' : tokenText(first.text)),
    number(first === undefined ? '' : percent(first.prob)),
    text(report.at(model.active, cell), String),
    text(report.at(model.entropy, cell), (nats) => nats.toFixed(2)),
  ];
  if (report.data.change !== null) return cells;
  return [
    ...cells,
    text(report.at(model.klToFinal, cell), (nats) => nats.toFixed(2)),
    text(report.at(model.finalRank, cell), String),
    element(
      'td',
      { class: 'others muted' },
      ...others.flatMap((token) => [tokenText(token.text), ` ${percent(token.prob, 0)}  `]),
    ),
  ];
}

function sharedExperts(report: PageReport, cell: Cell): string {
  const { change, expertsPerToken } = report.data;
  const lost = change && report.at(change.expertsLost, cell);
  return lost === null ? '' : `${expertsPerToken - lost}/${expertsPerToken}`;
}

function number(text: string): HTMLElement {
  return element('td', { class: 'number' }, text);
}
