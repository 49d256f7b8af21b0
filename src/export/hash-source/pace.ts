const MEGABYTE = 2 ** 20;
const STOPPED = -1;

/** Places in the cells, both in megabytes. */
const ALLOWED = 0;
const DONE = 1;

/** How far a thread may go through some bytes, set by another one, and how far it has come. */
export class Pace {
  /** i32 [2] in shared memory: what to hand to the other thread. */
  readonly cells: Int32Array;

  constructor(cells: Int32Array = new Int32Array(new SharedArrayBuffer(8))) {
    this.cells = cells;
  }

  allow(bytes: number): void {
    this.#set(Math.ceil(bytes / MEGABYTE));
  }

  stop(): void {
    this.#set(STOPPED);
  }

  /** Bytes that are done, to the megabyte. */
  get done(): number {
    return Atomics.load(this.cells, DONE) * MEGABYTE;
  }

  /** Says that so many bytes are done, and waits until more are allowed; false when the work is to stop. */
  waitAt(bytes: number): boolean {
    Atomics.store(this.cells, DONE, Math.floor(bytes / MEGABYTE));
    for (;;) {
      const allowed = Atomics.load(this.cells, ALLOWED);
      if (allowed === STOPPED) return false;
      if (allowed * MEGABYTE > bytes) return true;
      Atomics.wait(this.cells, ALLOWED, allowed);
    }
  }

  #set(megabytes: number): void {
    Atomics.store(this.cells, ALLOWED, megabytes);
    Atomics.notify(this.cells, ALLOWED);
  }
}
