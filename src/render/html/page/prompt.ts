import { distance } from '../../../report/numbers.ts';
import { element, section } from './dom.ts';
import { selectionAfter } from './keyboard.ts';
import type { PageReport } from './report.ts';
import { stepOf } from './scale.ts';
import type { Selection } from './selection.ts';

/** The prompt as text. Positions that were read are buttons, underlined by how far the models' last rows lie apart. */
export function prompt(report: PageReport, selection: Selection): HTMLElement {
  const columns = new Map(report.data.positions.map((position, column) => [position, column]));
  const buttons: HTMLElement[] = [];
  const words = report.data.prompt.map((_, position) => {
    const text = report.promptText(position);
    const column = columns.get(position);
    if (column === undefined) return element('span', { class: 'token muted' }, text);
    const button = element('button', { type: 'button', class: 'token', title: `position ${position}` }, text);
    button.style.borderBottomColor = underline(report, column);
    button.addEventListener('click', () => selection.move({ column, pinned: true }));
    buttons[column] = button;
    return button;
  });
  const list = element('div', { class: 'prompt', role: 'group', 'aria-label': 'Tokens of the prompt' }, ...words);
  list.addEventListener('keydown', (event) => {
    if (!['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(event.key)) return;
    const next = selectionAfter(event.key, selection.now, { ...report, otherTop1: () => false });
    event.preventDefault();
    selection.move({ ...next });
    buttons[selection.now.column]?.focus();
  });
  selection.follow(({ column }, before) => {
    // One tab stop for the whole prompt.
    if (before === undefined) for (const button of buttons) button.tabIndex = -1;
    const [now, last] = [buttons[column], before && buttons[before.column]];
    if (last !== undefined) last.tabIndex = -1;
    last?.removeAttribute('aria-current');
    if (now !== undefined) now.tabIndex = 0;
    now?.setAttribute('aria-current', 'true');
  });
  return section('prompt', report.data.title, list);
}

function underline(report: PageReport, column: number): string {
  const { change } = report.data;
  const js = change && report.at(change.js, { column, row: report.rows - 1 });
  return js === null ? 'transparent' : `var(--change-${stepOf(distance(js))})`;
}
