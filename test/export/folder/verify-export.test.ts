import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { verifyExport } from '../../../src/export/folder/verify-export.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const root = temporaryFolder();
const file = (name: string, text: string) => ({
  name,
  bytes: text.length,
  sha256: createHash('sha256').update(text).digest('hex'),
});
const manifest = { files: [file('a', 'alpha'), file('b', 'beta')] };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'case-'));
  writeFileSync(join(folder, 'a'), 'alpha');
  writeFileSync(join(folder, 'b'), 'beta');
});

describe('an export is compared with its manifest', () => {
  it('file by file, and tells how far it is', async () => {
    let bytes = 0;
    expect(await verifyExport(folder, manifest, (chunk) => (bytes += chunk))).toEqual([]);
    expect(bytes).toBe(9);
  });

  it('and everything that differs is named', async () => {
    writeFileSync(join(folder, 'a'), 'alpho');
    rmSync(join(folder, 'b'));
    const [a, b] = await verifyExport(folder, manifest);
    expect(a).toEqual({
      file: 'a',
      expected: `sha256 ${manifest.files[0]?.sha256}`,
      got: `sha256 ${file('a', 'alpho').sha256}`,
    });
    expect(b).toEqual({ file: 'b', expected: '4 bytes', got: 'no such file' });
    writeFileSync(join(folder, 'b'), 'bet');
    expect((await verifyExport(folder, manifest))[1]).toEqual({ file: 'b', expected: '4 bytes', got: '3 bytes' });
  });

  it('through the links of a Hugging Face cache', async () => {
    const snapshot = join(folder, 'models--a--b', 'snapshots', 'revision');
    const blobs = join(folder, 'models--a--b', 'blobs');
    mkdirSync(snapshot, { recursive: true });
    mkdirSync(blobs);
    for (const [name, text] of [
      ['a', 'alpha'],
      ['b', 'beta'],
    ] as const) {
      writeFileSync(join(blobs, `hash-of-${name}`), text);
      symlinkSync(`../../blobs/hash-of-${name}`, join(snapshot, name));
    }
    expect(await verifyExport(snapshot, manifest)).toEqual([]);
  });

  it('but not through a link that leads elsewhere', async () => {
    const elsewhere = await mkdtemp(join(root, 'elsewhere-'));
    writeFileSync(join(elsewhere, 'a'), 'alpha');
    rmSync(join(folder, 'a'));
    symlinkSync(join(elsewhere, 'a'), join(folder, 'a'));
    await expect(verifyExport(folder, manifest)).rejects.toThrow('A link leads out of its folder.');
  });
});
