/**
 * Memory that threads share and that is used again and again: no bytes are copied from thread to thread, and none are
 * left for the garbage collector.
 */
export class SharedRoom {
  readonly #buffers: SharedArrayBuffer[] = [];
  #taken = 0;

  /** So many bytes; what is in them is left over from before. */
  take(bytes: number): Uint8Array {
    const place = this.#taken++;
    const known = this.#buffers[place];
    const buffer = known !== undefined && known.byteLength >= bytes ? known : new SharedArrayBuffer(bytes);
    this.#buffers[place] = buffer;
    return new Uint8Array(buffer, 0, bytes);
  }

  /** Takes everything back. */
  clear(): void {
    this.#taken = 0;
  }
}
