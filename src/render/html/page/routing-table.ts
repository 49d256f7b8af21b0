import { divergence } from '../../../report/numbers.ts';
import type { RoutingSummaryData } from '../page-data.ts';
import { element, scrolling } from './dom.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';
import type { Selection } from './selection.ts';

/** Routing over several positions in words and numbers, the last block on top. */
export function routingTable(report: PageReport, summary: RoutingSummaryData, selection: Selection): HTMLElement {
  const caption = element(
    'caption',
    {},
    `Routing over ${report.data.summedPositions}: means, and which experts are chosen more or less often (base→ft)`,
  );
  const rows = summary.js.map((_, block) => line(report, summary, block, selection));
  const body = element('tbody', {}, ...rows.toReversed());
  selection.follow(({ row }, before) => {
    if (before !== undefined) rows[before.row - 1]?.removeAttribute('aria-current');
    rows[row - 1]?.setAttribute('aria-current', 'true');
  });
  const table = element('table', { class: 'layers' }, caption, element('thead', {}, head(report, summary)), body);
  return scrolling('Routing over several positions, table', table);
}

function head(report: PageReport, summary: RoutingSummaryData): HTMLElement {
  const titles: (readonly [string, string])[] = [
    ['layer', ''],
    [`shared of ${report.data.expertsPerToken}`, 'number'],
    ['JS', 'number'],
    ...(summary.floorJs === null ? [] : [['floor JS', 'number'] as const]),
    ['ΔH of router', 'number'],
    ['load JS', 'number'],
    ...report.data.models.map((model): [string, string] => [`load H ${colourOf(model)}`, 'number']),
    ['more often', ''],
    ['less often', ''],
  ];
  return element('tr', {}, ...titles.map(([text, kind]) => element('th', { scope: 'col', class: kind }, text)));
}

function line(report: PageReport, summary: RoutingSummaryData, block: number, selection: Selection): HTMLElement {
  const number = (value: number | null | undefined, format: (value: number) => string): HTMLElement =>
    element('td', { class: 'number' }, typeof value === 'number' ? format(value) : '');
  const two = (value: number): string => value.toFixed(2);
  const row = element(
    'tr',
    {},
    element('th', { scope: 'row' }, report.layer(block + 1)),
    number(summary.shared[block], two),
    number(summary.js[block], divergence),
    ...(summary.floorJs === null ? [] : [number(summary.floorJs[block], divergence)]),
    number(summary.entropyDelta[block], signed),
    number(summary.loadJs[block], divergence),
    ...report.data.models.map(({ load }) => number(load?.entropy[block], two)),
    element('td', { class: 'moved' }, summary.more[block] ?? ''),
    element('td', { class: 'moved' }, summary.less[block] ?? ''),
  );
  row.addEventListener('click', () => selection.move({ row: block + 1, pinned: true }));
  return row;
}

function signed(value: number): string {
  if (value === 0) return '0';
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`;
}
