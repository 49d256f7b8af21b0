import { currentColours } from './colours.ts';
import type { Colours } from './colours.ts';

/** When everything that is drawn must be drawn again: other colours, another width, paper instead of a screen. */
export class Appearance {
  readonly #listeners: ((colours: Colours) => void)[] = [];
  #colours = currentColours();
  #width = document.body.clientWidth;

  constructor(button: HTMLElement | null) {
    const root = document.documentElement;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    dark.addEventListener('change', () => this.#changed());
    // Paper is light; the style sheet knows, but what is drawn must be told.
    let onScreen: string | undefined;
    addEventListener('beforeprint', () => {
      onScreen = root.dataset['theme'];
      root.dataset['theme'] = 'light';
      this.#changed();
    });
    addEventListener('afterprint', () => {
      if (onScreen === undefined) delete root.dataset['theme'];
      else root.dataset['theme'] = onScreen;
      this.#changed();
    });
    new ResizeObserver(() => {
      if (this.#width === document.body.clientWidth) return;
      this.#width = document.body.clientWidth;
      this.#changed();
    }).observe(document.body);
    button?.removeAttribute('hidden');
    button?.addEventListener('click', () => {
      const isDark = (root.dataset['theme'] ?? (dark.matches ? 'dark' : 'light')) === 'dark';
      root.dataset['theme'] = isDark ? 'light' : 'dark';
      this.#changed();
    });
  }

  /** The colours that apply now. */
  get colours(): Colours {
    return this.#colours;
  }

  /** Calls `draw` now and whenever the appearance changes. */
  follow(draw: (colours: Colours) => void): void {
    this.#listeners.push(draw);
    draw(this.#colours);
  }

  /** Forgets who followed: what was drawn is no longer on the page. */
  restart(): void {
    this.#listeners.length = 0;
  }

  #changed(): void {
    this.#colours = currentColours();
    for (const draw of this.#listeners) draw(this.#colours);
  }
}
