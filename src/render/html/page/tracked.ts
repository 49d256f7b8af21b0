import { percent } from '../../../report/numbers.ts';
import type { ModelData } from '../page-data.ts';
import type { Appearance } from './appearance.ts';
import { element, scrolling, section, tokenText } from './dom.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';
import { rankShares, sparkLine } from './spark-line.ts';

/** The tokens asked for: their rank over the layers, the best and the last one. */
export function tracked(report: PageReport, selection: Selection, appearance: Appearance): HTMLElement {
  const titles = ['token', 'model', 'rank by layer (log, rank 1 on top)', 'best rank', 'last rank', 'last probability'];
  const head = element('tr', {}, ...titles.map((title) => element('th', { scope: 'col' }, title)));
  const body = element('tbody');
  const draw = (): void => {
    const { models } = report.data;
    const count = models[0]?.tracked.length ?? 0;
    const rows = Array.from({ length: count }, (_, index) =>
      models.map((model) => trackedRow(report, model, index, selection.now.column)),
    );
    body.replaceChildren(...rows.flat());
  };
  appearance.follow(draw);
  selection.follow(({ column }, before) => {
    if (before !== undefined && before.column !== column) draw();
  });
  const table = element('table', { class: 'tracked' }, element('thead', {}, head), body);
  return section('tracked', 'Tracked tokens', scrolling('Tracked tokens, table', table));
}

function trackedRow(report: PageReport, model: ModelData, index: number, column: number): HTMLElement {
  const followed = model.tracked[index];
  if (followed === undefined) return element('tr');
  const ranks = Array.from({ length: report.rows }, (_, layer) => report.at(followed.rank, { column, row: layer }));
  const best = Math.min(...ranks.map((rank) => rank ?? Infinity));
  const last = { column, row: report.rows - 1 };
  const prob = report.at(followed.prob, last);
  const number = (text: string): HTMLElement => element('td', { class: 'number' }, text);
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, tokenText(report.tokenText(followed.token))),
    element('td', { class: colourOf(model) }, model.label),
    element('td', {}, sparkLine(rankShares(ranks, report.data.lnVocabulary), colourOf(model))),
    number(Number.isFinite(best) ? `${best} at ${report.layer(ranks.indexOf(best))}` : ''),
    number(String(report.at(followed.rank, last) ?? '')),
    number(prob === null ? '' : percent(prob)),
  );
}
