import { tokenCount } from '../../../report/numbers.ts';
import type { ContinuationData, GenerationData } from '../page-data.ts';
import { element, section } from './dom.ts';
import type { Selection } from './selection.ts';
import { writtenTable } from './written-table.ts';
import { type Show, shiftLegend, WrittenText } from './written-text.ts';

/** What the models wrote, and the choice of what is read below: the prompt or a continuation. */
export class Generation {
  readonly element: HTMLElement;
  readonly #choices: readonly HTMLInputElement[];
  /** of each reading, by column */
  readonly #buttons: readonly (readonly HTMLElement[])[];
  #current: HTMLElement | undefined;

  constructor({ requested, sentences, continuations }: GenerationData, show: Show) {
    const texts = continuations.map((continuation, index) => new WrittenText(continuation, index + 1, show));
    this.#buttons = [[], ...texts.map(({ buttons }) => buttons)];
    const names = ['the prompt', ...continuations.map(({ writer }) => CONTINUATIONS[writer])];
    this.#choices = names.map((_, reading) => {
      const input = element('input', { type: 'radio', name: 'reading', value: reading });
      input.addEventListener('change', () => show(reading));
      return input;
    });
    const labels = names.map((name, reading) => element('label', {}, this.#choices[reading] ?? '', ` ${name}`));
    this.element = section(
      'generation',
      'Generation',
      element(
        'p',
        { class: 'note' },
        [`Greedy continuations of up to ${tokenCount(requested)}.`, ...sentences].join(' '),
      ),
      ...texts.map(({ element: text }) => text),
      ...(continuations.some(({ judge }) => judge !== null) ? [shiftLegend()] : []),
      element(
        'details',
        {},
        element('summary', {}, 'Every token, table'),
        element('div', { class: 'pair' }, ...continuations.map(writtenTable)),
      ),
      element('fieldset', { class: 'controls' }, element('legend', {}, 'Read below'), ...labels),
    );
  }

  /** Marks the token that the selected position chose, from now on in this reading. */
  follow(reading: number, selection: Selection): void {
    const choice = this.#choices[reading];
    if (choice !== undefined) choice.checked = true;
    selection.follow(({ column }) => {
      if (this.#choices[reading]?.checked !== true) return;
      this.#current?.removeAttribute('aria-current');
      this.#current = this.#buttons[reading]?.[column];
      this.#current?.setAttribute('aria-current', 'true');
    });
  }
}

const CONTINUATIONS = {
  Model: 'the continuation',
  Both: 'the continuation',
  Base: "base's continuation",
  'Fine-tune': "the fine-tune's continuation",
} as const satisfies Record<ContinuationData['writer'], string>;
