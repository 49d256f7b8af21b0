import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** onnxruntime/capi and nvidia/cu13/lib stand two and three levels below a site-packages, which stands four below a prefix. */
const DEPTH = 7;
/** A Python environment with everything has 10,000 folders. */
const MOST_FOLDERS = 50_000;

/**
 * Files of the wanted names below a folder, nearest first. Links to folders are not followed.
 * @returns paths by name; a name that was not found is absent
 */
export async function findInTree(root: string, names: Iterable<string>): Promise<Map<string, string[]>> {
  const wanted = new Set(names);
  const found = new Map<string, string[]>();
  let level = [root];
  let visited = 0;
  for (let depth = 0; depth <= DEPTH && level.length > 0 && visited < MOST_FOLDERS; depth++) {
    const next: string[] = [];
    for (const folder of level) {
      visited += 1;
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) next.push(path);
        else if (wanted.has(entry.name)) found.set(entry.name, [...(found.get(entry.name) ?? []), path]);
      }
    }
    level = next;
  }
  return found;
}
