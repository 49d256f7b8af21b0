import { readFileSync } from 'node:fs';

/** What a process and everything that it started use. */
export interface ProcessTreeUse {
  /** Bytes that belong to no file: heaps, copies, weights that were converted. */
  readonly anonymous: number;
  /** Bytes in memory in all, with the mapped files. Pages that two processes share count twice. */
  readonly resident: number;
  /** Bytes that were fetched from the disk so far. */
  readonly read: number;
}

/** Sums over a process and its descendants, from Linux's /proc. One that has ended counts nothing. */
export function processTreeUse(pid: number): ProcessTreeUse {
  const status = readIfThere(`/proc/${pid}/status`);
  const own = {
    anonymous: 1024 * fieldOf(status, 'RssAnon'),
    resident: 1024 * fieldOf(status, 'VmRSS'),
    read: fieldOf(readIfThere(`/proc/${pid}/io`), 'read_bytes'),
  };
  return childrenOf(pid).map(processTreeUse).reduce(addUse, own);
}

function addUse(a: ProcessTreeUse, b: ProcessTreeUse): ProcessTreeUse {
  return { anonymous: a.anonymous + b.anonymous, resident: a.resident + b.resident, read: a.read + b.read };
}

function fieldOf(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
}

function childrenOf(pid: number): number[] {
  return readIfThere(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
