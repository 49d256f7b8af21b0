import { copyFile, readdir, readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exportModel } from '../../src/export/export-model.ts';
import { MODELS } from './models.ts';

const RECIPES = [
  { name: 'base-int4' },
  { name: 'ft-int4', adapter: 'ft-adapter', shareWith: 'base-int4' },
  { name: 'control-int4', adapter: 'control-adapter', shareWith: 'base-int4' },
];

/** Names of the exports. */
export const EXPORTS = RECIPES.map(({ name }) => name);

/** Exports the committed checkpoint, alone and with each adapter, to folders below `folder`. */
export async function exportModels(folder: string): Promise<void> {
  for (const { name, adapter, shareWith } of RECIPES) {
    await exportModel({
      checkpoint: join(MODELS, 'base'),
      adapter: adapter && join(MODELS, adapter),
      shareWith: shareWith && join(folder, shareWith),
      out: join(folder, name),
      force: true,
    });
  }
}

/** Gives every file of a folder bytes of its own: a package with hard links in it is installed without them. */
export async function breakLinks(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if ((await stat(path)).nlink === 1) continue;
    await copyFile(path, `${path}.partial`);
    await rename(`${path}.partial`, path);
  }
}

/** The bytes of every file of a folder, by name; none when there is no such folder. */
export async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const names = await readdir(folder).catch((): string[] => []);
  return new Map(
    await Promise.all(names.sort().map(async (name) => [name, await readFile(join(folder, name))] as const)),
  );
}
