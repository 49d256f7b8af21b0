import { createHash } from 'node:crypto';
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PinnedFolder } from '../../../src/export/checkpoint/pinned-folder.ts';
import { SourceHashes } from '../../../src/export/hash-source/source-hashes.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const folder = temporaryFolder();
/** More than one chunk, and a rest. */
const BYTES = 9 * 2 ** 20 + 17;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A folder of open files, by name. */
async function opened(files: Record<string, Uint8Array>): Promise<PinnedFolder> {
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  const pinned = new PinnedFolder(folder);
  for (const name of Object.keys(files)) await pinned.open(name);
  return pinned;
}

describe('SourceHashes', () => {
  it('are those of the files of every folder, in order, and progress ends with all bytes', async () => {
    const bytes = Uint8Array.from({ length: BYTES }, (_, i) => i % 251);
    const folders = [await opened({ one: bytes, empty: new Uint8Array() }), await opened({ two: bytes.subarray(5) })];
    const hashes = new SourceHashes(folders);
    const progress: number[] = [];
    hashes.follow(0.5);
    const files = await hashes.finish((done) => progress.push(done));
    expect(files).toEqual([
      [
        { name: 'one', bytes: BYTES, sha256: sha256(bytes) },
        { name: 'empty', bytes: 0, sha256: sha256(new Uint8Array()) },
      ],
      [{ name: 'two', bytes: BYTES - 5, sha256: sha256(bytes.subarray(5)) }],
    ]);
    expect(progress.at(-1)).toBe(2 * BYTES - 5);
    await hashes.close();
    await Promise.all(folders.map((each) => each.close()));
  });

  it.each([
    ['longer', (path: string) => appendFileSync(path, 'x')],
    ['shorter', (path: string) => truncateSync(path, 3)],
  ])('refuse a file that has become %s', async (change, edit) => {
    const pinned = await opened({ [change]: new Uint8Array(BYTES) });
    edit(join(folder, change));
    const hashes = new SourceHashes([pinned]);
    await expect(hashes.finish(() => undefined)).rejects.toMatchObject({ kind: 'input', where: join(folder, change) });
    await hashes.close();
    await pinned.close();
  });

  it('can be left in the middle', async () => {
    const pinned = await opened({ left: new Uint8Array(BYTES) });
    const hashes = new SourceHashes([pinned]);
    await hashes.close();
    await pinned.close();
  });
});
