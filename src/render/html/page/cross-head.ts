import { distance, divergence, percent } from '../../../report/numbers.ts';
import type { Column, CrossHeadData } from '../page-data.ts';
import type { Appearance } from './appearance.ts';
import type { Chart } from './chart.ts';
import { chartRow } from './chart-row.ts';
import { element, scrolling, section, tokenText } from './dom.ts';
import { DrawnWhenSeen } from './drawn-when-seen.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';

type Rows = NonNullable<CrossHeadData['rows']>;

/** Each model's states through the other's norm and head, at the selected position, the last layer on top. */
export function crossHead(
  report: PageReport,
  { sentences, rows }: CrossHeadData,
  selection: Selection,
  appearance: Appearance,
): HTMLElement {
  const summary = element('p');
  const title = 'Cross-head reading: the state or the head?';
  if (rows === null) {
    selection.follow(({ column }) => {
      summary.textContent = sentences[column] ?? '';
    });
    return section('cross-head', title, summary);
  }
  const body = element('tbody');
  let lines: HTMLElement[] = [];
  const table = element('table', { class: 'crossed' }, element('thead', {}, head()), body);
  const drawing = new DrawnWhenSeen(table, () => {
    const { column, row } = selection.now;
    lines = report.data.layers.map((_, each) => line(report, rows, column, each));
    lines[row]?.setAttribute('aria-current', 'true');
    body.replaceChildren(...lines.toReversed());
  });
  selection.follow(({ column, row }, before) => {
    if (before === undefined || before.column !== column) {
      summary.textContent = sentences[column] ?? '';
      drawing.change();
      return;
    }
    lines[before.row]?.removeAttribute('aria-current');
    lines[row]?.setAttribute('aria-current', 'true');
  });
  appearance.follow(() => drawing.now());
  const charts = chartRow(report, selection, appearance, (column) => chartsOf(report, rows, column));
  const how = element(
    'p',
    { class: 'note muted' },
    "States: JS of the two models' states, both through one head. Heads: JS of the two heads (with their final norms), both on one model's state.",
  );
  return section('cross-head', title, summary, how, charts, scrolling('Cross-head reading, table', table));
}

/** What states alone and heads alone change, by layer: each in its two ways. */
function chartsOf(report: PageReport, rows: Rows, column: number): Chart[] {
  const chart = (title: string, ways: readonly [name: string, kind: 'base' | 'ft', values: Column][]): Chart => ({
    title,
    high: 1,
    series: ways.map(([name, kind, values]) => ({
      name,
      kind,
      values: report.data.layers.map((_, row) => {
        const js = report.at(values, { column, row });
        return js === null ? null : distance(js);
      }),
    })),
    format: (value) => divergence(value * value * Math.LN2),
  });
  return [
    chart('States alone, JS distance', [
      ["by base's head", 'base', rows.statesByBase],
      ["by fine-tune's", 'ft', rows.statesByFt],
    ]),
    chart('Norm and head alone', [
      ["on base's state", 'base', rows.headsOnBase],
      ["on fine-tune's", 'ft', rows.headsOnFt],
    ]),
  ];
}

function head(): HTMLElement {
  const titles = [
    ['layer', ''],
    ['states by base', 'number base'],
    ['by fine-tune', 'number ft'],
    ['heads on base', 'number base'],
    ['on fine-tune', 'number ft'],
    ['fine-tune by base', ''],
    ['prob', 'number'],
    ['base by fine-tune', ''],
    ['prob', 'number'],
  ];
  return element('tr', {}, ...titles.map(([text = '', kind]) => element('th', { scope: 'col', class: kind }, text)));
}

function line(report: PageReport, rows: Rows, column: number, row: number): HTMLElement {
  const cell = { column, row };
  const number = (value: number | null, format: (value: number) => string): HTMLElement =>
    element('td', { class: 'number' }, value === null ? '' : format(value));
  const answer = (token: number | null, prob: number | null): HTMLElement[] => [
    element('td', {}, token === null ? '' : tokenText(report.tokenText(token))),
    number(prob, percent),
  ];
  const at = (name: keyof typeof rows): number | null => report.at(rows[name], cell);
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, report.layer(row)),
    ...(['statesByBase', 'statesByFt', 'headsOnBase', 'headsOnFt'] as const).map((name) =>
      number(at(name), divergence),
    ),
    ...answer(at('ftByBase'), at('ftByBaseProb')),
    ...answer(at('baseByFt'), at('baseByFtProb')),
  );
}
