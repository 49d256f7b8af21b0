import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Time of one plain reading of an export's weights, and how many bytes these are. */
export interface PlainRead {
  readonly bytes: number;
  readonly seconds: number;
}

export async function dataFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter((name) => name.includes('.onnx_data')).map((name) => join(folder, name));
}

export function largestOf(files: readonly string[]): string {
  return files.reduce((largest, file) => (statSync(file).size > statSync(largest).size ? file : largest));
}

/** Reads files from start to end with dd. */
export function readPlainly(files: readonly string[]): PlainRead {
  const start = performance.now();
  for (const file of files) execFileSync('dd', [`if=${file}`, 'of=/dev/null', 'bs=16M'], { stdio: 'ignore' });
  const seconds = (performance.now() - start) / 1_000;
  return { bytes: files.reduce((sum, file) => sum + statSync(file).size, 0), seconds };
}

/** Has the kernel forget what it keeps of the files, as after a restart. */
export function evict(files: readonly string[]): void {
  for (const file of files) execFileSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' });
}
