import type { Chunk } from './chunks.ts';
import { rowBytesOf } from './encode/row-bytes.ts';
import type { SharedRoom } from './encode/shared-room.ts';
import type { EncodeTask, SourceRows } from './encode/task.ts';
import type { ExportSource } from './source.ts';

/** Reads what a thread needs to encode a chunk, into `room`. */
export async function readChunk(
  { weight, names, from, to }: Chunk,
  source: ExportSource,
  room: SharedRoom,
): Promise<EncodeTask> {
  const { checkpoint, merged } = source;
  const allocate = (bytes: number): Uint8Array => room.take(bytes);
  const readRows = async (name: string): Promise<SourceRows> => {
    const [stored, change] = await Promise.all([
      checkpoint.weights.stored(merged?.baseName(name) ?? name, from, to, allocate),
      merged?.change(name, from, to),
    ]);
    return { stored, change };
  };
  const { encoding } = weight;
  const [, columns = 1] = weight.sourceShape as [number, number?];
  const sources = await Promise.all(names.map(readRows));
  const parts = rowBytesOf(encoding, columns).map((bytes) => room.take(bytes * (to - from) * names.length));
  return { encoding, columns, sources, parts };
}
