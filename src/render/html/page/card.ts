import { distance, divergence, percent } from '../../../report/numbers.ts';
import type { ChangeData, ModelData } from '../page-data.ts';
import { bar, element, tokenText } from './dom.ts';
import { expertChange } from './expert-change.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Cell, Selection } from './selection.ts';

/** Everything about the selected cell: top tokens and numbers of each model, what differs, the experts. */
export function card(report: PageReport, selection: Selection): HTMLElement {
  const aside = element('aside', { class: 'card', 'aria-label': 'Selected cell' });
  selection.follow(({ column, row, pinned }) => {
    const cell = { column, row };
    const position = report.position(column);
    aside.replaceChildren(
      element(
        'h2',
        {},
        `${report.layer(row)} · position ${position} `,
        tokenText(report.promptText(position)),
        ...(pinned ? [element('span', { class: 'pin' }, ' pinned')] : []),
      ),
      element('div', { class: 'models' }, ...report.data.models.map((model) => topTokens(report, model, cell))),
      numbers(report, cell),
      ...(report.data.change === null ? [] : [differences(report, report.data.change, cell)]),
      ...experts(report, cell),
    );
  });
  return aside;
}

function topTokens(report: PageReport, model: ModelData, cell: Cell): HTMLElement {
  const colour = colourOf(model);
  const lines = report
    .top(model, cell)
    .map(({ text, prob }) =>
      element('li', {}, bar(prob, colour), tokenText(text), element('span', { class: 'number' }, percent(prob))),
    );
  return element(
    'div',
    {},
    element('h3', { class: colour }, model.label),
    element('ol', { class: 'tokens' }, ...lines),
  );
}

/** A row a statistic, a column a model. */
function numbers(report: PageReport, cell: Cell): HTMLElement {
  const { models, activeThreshold } = report.data;
  const rows: [string, (model: ModelData) => string][] = [
    ['entropy H', (model) => fixed(report.at(model.entropy, cell))],
    [`active > ${activeThreshold}`, (model) => whole(report.at(model.active, cell))],
    ['KL to final', (model) => fixed(report.at(model.klToFinal, cell))],
    ['rank of final token', (model) => whole(report.at(model.finalRank, cell))],
    ['its probability', (model) => optional(report.at(model.finalProb, cell), percent)],
    ['length of state', (model) => optional(report.at(model.residualNorm, cell), (value) => value.toPrecision(3))],
    ['settled', (model) => (isSettled(report, model, cell) ? 'yes' : 'not yet')],
  ];
  const lines = rows.map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), ...models.map((model) => element('td', {}, value(model)))),
  );
  return element('table', { class: 'numbers' }, element('tbody', {}, ...lines));
}

function differences(report: PageReport, change: ChangeData, cell: Cell): HTMLElement {
  const js = report.at(change.js, cell);
  const ranks = [change.baseTop1RankInFt, change.ftTop1RankInBase].map((column) => whole(report.at(column, cell)));
  const rows: [string, string][] = [
    ['JS', `${mark(report, cell)} ${optional(js, divergence)}`],
    ['JS distance', optional(js, (nats) => distance(nats).toFixed(2))],
    ...floorRows(report, change, cell),
    [
      'KL ft‖base, base‖ft',
      [change.klFtBase, change.klBaseFt].map((kl) => optional(report.at(kl, cell), divergence)).join(', '),
    ],
    ['ranks of top-1', ranks.join(' / ')],
    ['states: cosine', optional(report.at(change.cosine, cell), (value) => String(Number(value.toFixed(5))))],
    ['‖ft − base‖ / ‖base‖', optional(report.at(change.relativeL2, cell), divergence)],
  ];
  const lines = rows.map(([name, value]) =>
    element('tr', {}, element('th', { scope: 'row' }, name), element('td', {}, value)),
  );
  return element('table', { class: 'numbers difference' }, element('tbody', {}, ...lines));
}

function floorRows(report: PageReport, { floor }: ChangeData, cell: Cell): [string, string][] {
  return floor === null ? [] : [['JS of rounding alone', optional(report.at(floor.js, cell), divergence)]];
}

/** `=` the very same state, `≈` within the noise floor, `≠` another top token, `~` differs. */
export function mark(report: PageReport, cell: Cell): string {
  if (report.identical(cell)) return '=';
  if (report.withinFloor(cell)) return '≈';
  return report.otherTop1(cell) ? '≠' : '~';
}

export function isSettled(report: PageReport, { commitLayer }: ModelData, { column, row }: Cell): boolean {
  const commit = commitLayer[column] ?? null;
  return commit !== null && (report.data.layers[row] ?? 0) >= commit;
}

function experts(report: PageReport, cell: Cell): HTMLElement[] {
  const moved = expertChange(report, cell);
  if (moved === undefined) return [];
  const list = (name: string, chosen: readonly { expert: number; weight: number }[], kind: string): HTMLElement =>
    element(
      'p',
      { class: kind },
      element('b', {}, name),
      chosen.map(({ expert, weight }) => ` ${expert} (${weight.toFixed(2)})`).join(',') || ' none',
    );
  const names = report.data.change === null ? ['Experts'] : ['Experts of both', '▲ only fine-tune', '▼ only base'];
  const lists = report.data.change === null ? [moved.kept] : [moved.kept, moved.gained, moved.lost];
  return [
    element(
      'div',
      { class: 'experts' },
      ...lists.map((chosen, index) => list(names[index] ?? '', chosen, ['', 'ft', 'base'][index] ?? '')),
    ),
  ];
}

function optional(value: number | null, format: (value: number) => string): string {
  return value === null ? '' : format(value);
}

function fixed(value: number | null): string {
  return optional(value, (number) => number.toFixed(3));
}

function whole(value: number | null): string {
  return optional(value, String);
}
