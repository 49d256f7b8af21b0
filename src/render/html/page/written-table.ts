import { layerName, percent } from '../../../report/numbers.ts';
import type { ContinuationData } from '../page-data.ts';
import { element, scrolling, tokenText } from './dom.ts';
import { colourOf, shiftOf, textOf } from './written.ts';

/** The tokens of a continuation with their numbers under both models. */
export function writtenTable(continuation: ContinuationData): HTMLElement {
  const { writer, prob, settled, judge, firstDifference } = continuation;
  const titles = ['', 'token', 'prob', 'from', ...(judge === null ? [] : [`under ${judge.label}`, 'rank'])];
  const head = titles.map((title) => element('th', { scope: 'col', class: title === 'token' ? '' : 'number' }, title));
  const number = (text: string): HTMLElement => element('td', { class: 'number' }, text);
  const rows = prob.map((own, index) => {
    const layer = settled[index] ?? null;
    const judged = [percent(judge?.prob[index] ?? 0), String(judge?.rank[index] ?? '')].map(number);
    return element(
      'tr',
      { class: shiftOf(continuation, index) === 'unshifted' ? undefined : 'other' },
      element('th', { scope: 'row', class: 'number' }, `${index === firstDifference ? '≠ ' : ''}${index + 1}`),
      element('td', { class: 'top' }, tokenText(textOf(continuation, index))),
      number(percent(own ?? 0)),
      number(layer === null ? '' : layerName(layer)),
      ...(judge === null ? [] : judged),
    );
  });
  const caption = element('caption', { class: colourOf(continuation) }, `Written by ${writer.toLowerCase()}`);
  const table = element(
    'table',
    {},
    caption,
    element('thead', {}, element('tr', {}, ...head)),
    element('tbody', {}, ...rows),
  );
  return scrolling(`Tokens written by ${writer.toLowerCase()}, table`, table);
}
