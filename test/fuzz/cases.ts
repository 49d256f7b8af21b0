import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const CASES = join(import.meta.dirname, 'cases');

/** Files that were once answered wrongly, by name. */
export function committedCases(target: string): [name: string, file: Uint8Array][] {
  const folder = join(CASES, target);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .map((name) => [name, Uint8Array.from(readFileSync(join(folder, name)))]);
}
