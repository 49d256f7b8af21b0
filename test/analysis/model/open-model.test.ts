import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../../src/analysis/model/open-model.ts';
import { externalFiles } from '../../../src/onnx/external-data.ts';
import { temporaryFolder } from '../../export/checkpoint/tiny-files.ts';

const EXPORT = join(import.meta.dirname, '../../../models/base-int4');
const FILES = readdirSync(EXPORT).filter((name) => !name.startsWith('tokenizer'));

/** A copy of the demo's base. @param change spoils it */
function copy(change: (folder: string) => void): string {
  const folder = temporaryFolder();
  for (const name of FILES) cpSync(join(EXPORT, name), join(folder, name));
  change(folder);
  return folder;
}

function editManifest(
  folder: string,
  edit: (manifest: { files: { name: string }[]; tensors: unknown[] }) => void,
): void {
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  edit(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

describe('an export', () => {
  it('is opened as it was written', async () => {
    const model = await openModel(EXPORT);
    expect(model.folder).toBe(EXPORT);
    expect([...model.dataFiles.keys()].sort()).toEqual(FILES.filter((name) => name.startsWith('model.onnx_data')));
  });

  it('is not, when one bit of its graph is another', async () => {
    const bytes = readFileSync(join(EXPORT, 'model.onnx'));
    // Some of these change a constant or an attribute, and nothing that a reader could notice.
    for (const at of [10, 1_000, 5_000, bytes.length >> 1, bytes.length - 1]) {
      const damaged = Buffer.from(bytes);
      damaged[at]! ^= 1;
      const folder = copy((target) => writeFileSync(join(target, 'model.onnx'), damaged));
      await expect(openModel(folder)).rejects.toThrow('This export is not as it was written.');
    }
    const flipped = copy((folder) => {
      const changed = Buffer.from(bytes);
      changed[bytes.indexOf('epsilon') + 'epsilon'.length + 1]! ^= 1;
      writeFileSync(join(folder, 'model.onnx'), changed);
    });
    await expect(openModel(flipped)).rejects.toThrow('This export is not as it was written.');
    rmSync(join(flipped, 'manifest.json'));
    // Without a manifest nobody knows how it was written.
    await expect(openModel(flipped)).resolves.toMatchObject({ manifest: undefined });
  });

  it('is not, when a data file has another size, or one that the manifest does not list', async () => {
    const cut = copy((folder) => truncateSync(join(folder, 'model.onnx_data'), 1_000));
    await expect(openModel(cut)).rejects.toMatchObject({ exitCode: 2 });
    const longer = copy((folder) => writeFileSync(join(folder, 'model.onnx_data'), 'x', { flag: 'a' }));
    await expect(openModel(longer)).rejects.toMatchObject({
      message: 'This export is not as it was written.',
      where: join(longer, 'model.onnx_data'),
    });
    const unlisted = copy((folder) =>
      editManifest(folder, (manifest) => {
        manifest.files = manifest.files.filter(({ name }) => name !== 'model.onnx_data');
        manifest.tensors = [];
      }),
    );
    await expect(openModel(unlisted)).rejects.toMatchObject({ got: 'one that it does not' });
  });
});

describe('a folder', () => {
  it('may not lead elsewhere, by any of its files', async () => {
    for (const name of ['model.onnx', 'model.onnx_data', 'config.json', 'manifest.json']) {
      const folder = copy((target) => {
        rmSync(join(target, name));
        symlinkSync(join(EXPORT, name), join(target, name));
      });
      await expect(openModel(folder), name).rejects.toMatchObject({
        message: 'A link leads out of its folder.',
        where: join(folder, name),
        exitCode: 2,
      });
    }
  });

  it('may hold links to its own files', async () => {
    const folder = copy((target) => {
      mkdirSync(join(target, 'weights'));
      cpSync(join(target, 'model.onnx_data'), join(target, 'weights/first'));
      rmSync(join(target, 'model.onnx_data'));
      symlinkSync('weights/first', join(target, 'model.onnx_data'));
    });
    await expect(openModel(folder)).resolves.toMatchObject({ manifest: { architecture: 'qwen3_moe' } });
  });

  it('may be one of a hub cache, whose files are links to blobs', async () => {
    const cache = temporaryFolder();
    const blobs = join(cache, 'models--o--m/blobs');
    mkdirSync(blobs, { recursive: true });
    for (const [below, up] of [
      ['', '../..'],
      ['onnx', '../../..'],
    ] as const) {
      const folder = join(cache, 'models--o--m/snapshots/abc', below);
      mkdirSync(folder, { recursive: true });
      for (const name of FILES) {
        cpSync(join(EXPORT, name), join(blobs, `hash-of-${name}`));
        symlinkSync(join(up, 'blobs', `hash-of-${name}`), join(folder, name));
      }
      const { model, file, folder: dataFolder } = await openModel(folder);
      // The runtime follows no link out of a folder: it is told where the files are.
      expect(dataFolder).toBe(blobs);
      expect(externalFiles(model, file).map((data) => data.file)).toContain('hash-of-model.onnx_data');
    }
  });

  it(
    'may hold pipes, links in a circle and folders of these names, and nobody waits',
    { timeout: 10_000 },
    async () => {
      for (const name of ['model.onnx', 'model.onnx_data', 'config.json', 'manifest.json']) {
        const spoil: ((path: string) => void)[] = [
          (path) => execFileSync('/usr/bin/env', ['mkfifo', path]),
          (path) => symlinkSync(name, path),
          (path) => mkdirSync(path),
        ];
        for (const make of spoil) {
          const folder = copy((target) => {
            rmSync(join(target, name));
            make(join(target, name));
          });
          await expect(openModel(folder), name).rejects.toMatchObject({ exitCode: 2 });
        }
      }
    },
  );
});
