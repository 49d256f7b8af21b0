import { totalmem } from 'node:os';

/** Memory of the machine, or of the container this runs in, in bytes. */
export interface Memory {
  readonly totalBytes: number;
  /** can be had without others giving something up; includes the page cache */
  readonly availableBytes: number;
}

export function readMemory(): Memory {
  const limit = process.constrainedMemory();
  // 0 or an absurd number: no limit.
  const totalBytes = limit > 0 ? Math.min(limit, totalmem()) : totalmem();
  return { totalBytes, availableBytes: Math.min(process.availableMemory(), totalBytes) };
}
