import type { Chunk } from './chunks.ts';
import { mapInOrder } from './encode/map-in-order.ts';
import { SharedRoom } from './encode/shared-room.ts';
import type { EncodeTask, RowSums } from './encode/task.ts';
import { readChunk } from './read-chunk.ts';
import type { ExportSource } from './source.ts';
import { ThreadPool } from './thread-pool.ts';

interface EncodedChunk extends Pick<EncodeTask, 'parts'> {
  readonly sums: readonly RowSums[];
  /** Gives the memory of the parts back: it is used again. */
  leave(): void;
}

/** Reads chunks here and encodes them in threads, a few ahead of the one that is asked for. */
export class EncodedChunks {
  readonly #pool: ThreadPool<EncodeTask, RowSums[]>;
  readonly #rooms: SharedRoom[];
  readonly #results: AsyncGenerator<EncodedChunk, void, void>;

  /**
   * @param source stays open until {@link close}
   * @param signal aborting it ends the threads; the next chunk then fails with its reason
   */
  constructor(chunks: readonly Chunk[], source: ExportSource, threads: number, signal?: AbortSignal) {
    this.#pool = new ThreadPool('encode/worker.js', threads, signal);
    // For each thread a chunk that it works on and one that waits for it, and two on their way in and out.
    this.#rooms = Array.from({ length: 2 * threads + 2 }, () => new SharedRoom());
    this.#results = mapInOrder(chunks, this.#rooms.length, (chunk) => this.#encode(chunk, source));
  }

  /** The chunks in their order. Each must be left before the next is asked for. */
  async next(): Promise<EncodedChunk> {
    const { value } = await this.#results.next();
    if (value === undefined) throw new Error('there are no more chunks');
    return value;
  }

  /** Ends the threads, once what they have begun is done. */
  async close(): Promise<void> {
    await this.#results.return();
    await this.#pool.close();
  }

  async #encode(chunk: Chunk, source: ExportSource): Promise<EncodedChunk> {
    const room = this.#rooms.pop() as SharedRoom;
    room.clear();
    const task = await readChunk(chunk, source, room);
    return { parts: task.parts, sums: await this.#pool.run(task), leave: () => this.#rooms.push(room) };
  }
}
