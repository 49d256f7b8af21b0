/** How far outside the window something counts as seen: it is ready when it is scrolled in. */
const MARGIN = '400px';

/**
 * Something that takes a while to draw, and is drawn again only while it is seen: what is far below the maps need not
 * follow every step of the pointer over them.
 */
export class DrawnWhenSeen {
  readonly #draw: () => void;
  #seen = false;
  #stale = true;

  constructor(element: Element, draw: () => void) {
    this.#draw = draw;
    new IntersectionObserver(
      (entries) => {
        this.#seen = entries.at(-1)?.isIntersecting === true;
        if (this.#seen && this.#stale) this.now();
      },
      { rootMargin: MARGIN },
    ).observe(element);
  }

  /** What it shows has changed. */
  change(): void {
    if (this.#seen) this.now();
    else this.#stale = true;
  }

  now(): void {
    this.#stale = false;
    this.#draw();
  }
}
