import { linkSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { type DataFile, findDataFiles } from '../../../src/analysis/model/data-files.ts';
import { requireUnchanged } from '../../../src/analysis/model/require-unchanged.ts';
import { temporaryFolder } from '../../export/checkpoint/tiny-files.ts';

async function found(folder: string): Promise<DataFile[]> {
  return [...(await findDataFiles(folder, [{ file: 'data' }])).values()];
}

it.each<[string, (path: string) => void]>([
  [
    'is replaced by its like',
    (path) => {
      writeFileSync(`${path}.new`, 'abc');
      utimesSync(`${path}.new`, 1, 1);
      renameSync(`${path}.new`, path);
    },
  ],
  ['is written to', (path) => writeFileSync(path, 'xyz')],
  [
    'grows',
    (path) => {
      writeFileSync(path, 'd', { flag: 'a' });
      utimesSync(path, 1, 1);
    },
  ],
  ['is gone', (path) => rmSync(path)],
])('tells when a data file %s', async (_what, change) => {
  const folder = temporaryFolder({ data: 'abc' });
  utimesSync(join(folder, 'data'), 1, 1);
  const files = await found(folder);
  await expect(requireUnchanged(files)).resolves.toBeUndefined();
  change(join(folder, 'data'));
  await expect(requireUnchanged(files)).rejects.toMatchObject({ where: join(folder, 'data'), exitCode: 2 });
});

it('does not mind that another export is made that shares it', async () => {
  const folder = temporaryFolder({ data: 'abc' });
  const files = await found(folder);
  linkSync(join(folder, 'data'), join(folder, 'shared'));
  await expect(requireUnchanged(files)).resolves.toBeUndefined();
});
