import { percent } from '../../../report/numbers.ts';
import type { Column, ModelData } from '../page-data.ts';
import { element, scrolling, section, tokenText } from './dom.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';
import { rankShares, sparkLine } from './spark-line.ts';

const TITLES = [
  'set',
  'model',
  'probability by layer, 0 to 1',
  'most',
  'last',
  'best rank by layer (log, rank 1 on top)',
  'last best',
];

/** The sets of tokens asked for: their probability together over the layers, and their most probable token. */
export function trackedSets(report: PageReport, selection: Selection): HTMLElement {
  const head = element('tr', {}, ...TITLES.map((title) => element('th', { scope: 'col' }, title)));
  const table = element('table', { class: 'tracked' }, element('thead', {}, head));
  let bodies: readonly HTMLElement[] = [];
  selection.follow(({ column }, before) => {
    if (before?.column === column) return;
    for (const body of bodies) body.remove();
    bodies = report.data.trackedSets.map((_, index) => setRows(report, index, column));
    table.append(...bodies);
  });
  return section('tracked-sets', 'Tracked sets', scrolling('Tracked sets, table', table));
}

/** A row for each model, under one heading. */
function setRows(report: PageReport, index: number, column: number): HTMLElement {
  const { models, trackedSets: sets } = report.data;
  const { name = '', tokens = [] } = sets[index] ?? {};
  const members = tokens.flatMap((token) => [' ', tokenText(report.tokenText(token))]);
  const heading = element(
    'th',
    { scope: 'rowgroup', rowspan: models.length, class: 'set' },
    tokenText(name),
    element('div', { class: 'muted' }, ...members),
  );
  const rows = models.map((model, row) =>
    element('tr', {}, ...(row === 0 ? [heading] : []), ...modelCells(report, model, index, column)),
  );
  return element('tbody', {}, ...rows);
}

function modelCells(report: PageReport, model: ModelData, index: number, column: number): HTMLElement[] {
  const followed = model.trackedSets[index];
  if (followed === undefined) return [];
  const byLayer = (values: Column): (number | null)[] =>
    Array.from({ length: report.rows }, (_, row) => report.at(values, { column, row }));
  const [probs, ranks] = [byLayer(followed.prob), byLayer(followed.bestRank)];
  const most = Math.max(...probs.map((prob) => prob ?? 0));
  const [last, lastRank, best] = [probs.at(-1), ranks.at(-1), byLayer(followed.best).at(-1)];
  const kind = colourOf(model);
  const number = (...content: (Node | string)[]): HTMLElement => element('td', { class: 'number' }, ...content);
  return [
    element('td', { class: kind }, model.label),
    element('td', {}, sparkLine(probs, kind)),
    number(`${percent(most)} at ${report.layer(probs.indexOf(most))}`),
    number(typeof last === 'number' ? percent(last) : ''),
    element('td', {}, sparkLine(rankShares(ranks, report.data.lnVocabulary), kind)),
    number(`${lastRank ?? ''} `, ...(typeof best === 'number' ? [tokenText(report.tokenText(best))] : [])),
  ];
}
