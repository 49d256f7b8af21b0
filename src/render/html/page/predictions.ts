import { percent } from '../../../report/numbers.ts';
import type { ModelData } from '../page-data.ts';
import { bar, element, tokenText } from './dom.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport, ShownToken } from './report.ts';
import type { Selection } from './selection.ts';

/** The models' own predictions after the selected position; the fine-tune's with places and points against base. */
export function predictions(report: PageReport, selection: Selection): HTMLElement {
  const heading = element('h2');
  const lists = element('div', { class: 'pair' });
  const drawn = element('section', { id: 'predictions', 'aria-label': 'Final predictions' }, heading, lists);
  selection.follow(({ column }, before) => {
    if (before?.column === column) return;
    heading.textContent = `Final prediction after position ${report.position(column)}`;
    lists.replaceChildren(...report.data.models.map((model, index) => list(report, model, index, column)));
  });
  return drawn;
}

function list(report: PageReport, model: ModelData, index: number, column: number): HTMLElement {
  const [base] = report.data.models;
  const before = index === 0 || base === undefined ? undefined : report.final(base, column);
  const rows = report
    .final(model, column)
    .map((token, place) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row', class: 'number' }, String(place + 1)),
        element('td', { class: 'top' }, tokenText(token.text)),
        element('td', { class: 'number' }, percent(token.prob, 2)),
        element('td', { class: 'distance' }, bar(token.prob, colourOf(model))),
        ...(before === undefined ? [] : changeCells(token, place, before)),
      ),
    );
  const titles = ['', 'token', 'prob', '', ...(before === undefined ? [] : ['rank', 'points'])];
  const head = element(
    'tr',
    {},
    ...titles.map((title) => element('th', { scope: 'col', class: title === 'token' ? '' : 'number' }, title)),
  );
  return element(
    'table',
    { class: 'prediction' },
    element('caption', { class: colourOf(model) }, model.label),
    element('thead', {}, head),
    element('tbody', {}, ...rows),
  );
}

/** `↑2`, `+49.0`: places and points of probability gained; `new` when base does not list the token. */
function changeCells(token: ShownToken, place: number, before: readonly ShownToken[]): HTMLElement[] {
  const earlier = before.findIndex((other) => other.token === token.token);
  const previous = before[earlier];
  if (previous === undefined) return ['new', ''].map((text) => element('td', { class: 'number' }, text));
  const moved = earlier - place;
  const places = moved === 0 ? '=' : `${moved > 0 ? '↑' : '↓'}${Math.abs(moved)}`;
  const points = (token.prob - previous.prob) * 100;
  const signed = `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;
  return [places, signed].map((text) => element('td', { class: 'number' }, text));
}
