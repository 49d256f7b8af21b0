/** A cell of the maps: a column is a position that was read, a row a layer (0 is the embedding). */
export interface Cell {
  readonly column: number;
  readonly row: number;
}

export interface Selected extends Cell {
  /** the pointer no longer moves it */
  readonly pinned: boolean;
}

type Listener = (now: Selected, before: Selected | undefined) => void;

/** The one cell that every part of the page is about. */
export class Selection {
  readonly #listeners: Listener[] = [];
  #now: Selected;

  constructor(start: Cell) {
    this.#now = { ...start, pinned: false };
  }

  get now(): Selected {
    return this.#now;
  }

  /** Calls `listener` now and after every change. */
  follow(listener: Listener): void {
    this.#listeners.push(listener);
    listener(this.#now, undefined);
  }

  move(change: Partial<Selected>): void {
    const before = this.#now;
    this.#now = { ...before, ...change };
    if (before.column === this.#now.column && before.row === this.#now.row && before.pinned === this.#now.pinned)
      return;
    for (const listener of this.#listeners) listener(this.#now, before);
  }
}
