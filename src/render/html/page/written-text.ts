import type { ContinuationData } from '../page-data.ts';
import { element } from './dom.ts';
import { colourOf, shiftOf, textOf, tokenWords } from './written.ts';

/** Shows one of the readings: 0 is that of the prompt, the others those of the continuations. */
export type Show = (reading: number, column?: number) => void;

/** A continuation as text; its tokens are buttons that lead to the position that chose them. */
export class WrittenText {
  readonly element: HTMLElement;
  readonly buttons: readonly HTMLElement[];

  constructor(continuation: ContinuationData, reading: number, show: Show) {
    const { writer, length, prob, firstDifference } = continuation;
    this.buttons = prob.map((_, index) => {
      const kind = `token ${shiftOf(continuation, index)}${index === firstDifference ? ' parting' : ''}`;
      const title = tokenWords(continuation, index);
      const button = element('button', { type: 'button', class: kind, title, tabindex: index === 0 ? 0 : -1 });
      button.append(textOf(continuation, index));
      button.addEventListener('click', () => {
        this.#focus(index);
        show(reading, index);
      });
      return button;
    });
    const list = element(
      'div',
      { class: 'prompt', role: 'group', 'aria-label': `Written by ${writer}` },
      ...this.buttons,
    );
    list.addEventListener('keydown', (event) => this.#press(event));
    const name = element('b', { class: colourOf(continuation) }, writer === 'Model' ? 'Written' : writer);
    this.element = element('div', { class: 'written' }, element('p', {}, name, ` ${length}`), list);
  }

  #press(event: KeyboardEvent): void {
    const now = this.buttons.findIndex((button) => button === document.activeElement);
    const last = this.buttons.length - 1;
    const to = { ArrowLeft: Math.max(0, now - 1), ArrowRight: Math.min(last, now + 1), Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.#focus(to);
  }

  /** One tab stop for the whole text. */
  #focus(index: number): void {
    for (const button of this.buttons) button.tabIndex = -1;
    const wanted = this.buttons[index];
    if (wanted === undefined) return;
    wanted.tabIndex = 0;
    wanted.focus();
  }
}

/** What the marks of tokens mean. */
export function shiftLegend(): HTMLElement {
  const kinds = [
    ['marginal', 'second or third under the other model'],
    ['shifted', 'lower'],
    ['parting', 'where they part'],
  ];
  const marks = kinds.flatMap(([kind = '', words = '']) => [
    element('span', { class: `token ${kind}` }, 'token'),
    ` ${words} `,
  ]);
  return element('p', { class: 'legend prompt' }, ...marks);
}
