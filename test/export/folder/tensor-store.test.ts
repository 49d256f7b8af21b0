import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { MANIFEST_FILE, type ManifestFile, type ManifestTensor } from '../../../src/export/folder/manifest.ts';
import { SharedExport } from '../../../src/export/folder/shared-export.ts';
import { type StoredTensor, TensorStore } from '../../../src/export/folder/tensor-store.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';
import { tinyManifest } from './tiny-manifest.ts';

const root = temporaryFolder();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const tensor = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'case-'));
});

describe('TensorStore', () => {
  it('places tensors at multiples of 4096 and hashes them and the file', async () => {
    const store = await TensorStore.create(folder, undefined);
    const a = await store.add('rest', [tensor(3, 1), tensor(2, 2)]);
    const b = await store.add('rest', [tensor(4096, 3)]);
    const c = await store.add('rest', [tensor(1, 4)]);
    const finished = await store.finish();
    const file = readFileSync(join(folder, 'model.onnx_data'));
    expect([a, b, c].map(({ offset, bytes }) => [offset, bytes])).toEqual([
      [0, 5],
      [4096, 4096],
      [8192, 1],
    ]);
    for (const stored of [a, b, c]) {
      expect(sha256(file.subarray(stored.offset, stored.offset + stored.bytes))).toBe(stored.sha256);
    }
    expect(finished.files).toEqual([{ name: 'model.onnx_data', bytes: 8193, sha256: sha256(file) }]);
    expect(readdirSync(folder)).toEqual(['model.onnx_data']);
  });
});

describe('the parts of a model', () => {
  it('have a file each, in a fixed order, and none when they are empty', async () => {
    const store = await TensorStore.create(folder, undefined);
    const rest = await store.add('rest', [tensor(5, 1)]);
    const experts = await store.add('experts', [tensor(6, 2)]);
    const finished = await store.finish();
    expect([experts, rest].map((stored) => finished.fileOf(stored))).toEqual(['model.onnx_data', 'model.onnx_data_1']);
    expect(finished.files.map(({ bytes }) => bytes)).toEqual([6, 5]);
    expect(readdirSync(folder)).toEqual(['model.onnx_data', 'model.onnx_data_1']);
  });
});

describe('a store that shares', () => {
  /** An export of the tensors 1 and 2, of 5000 bytes each. */
  async function shareable(): Promise<string> {
    const base = join(folder, 'base');
    mkdirSync(base);
    const store = await TensorStore.create(base, undefined);
    const tensors = [await store.add('rest', [tensor(5000, 1)]), await store.add('rest', [tensor(5000, 2)])];
    const { files } = await store.finish();
    writeManifest(base, tensors, files);
    return base;
  }

  function writeManifest(base: string, tensors: readonly StoredTensor[], files: readonly ManifestFile[]): void {
    const entries = tensors.map(({ offset, bytes, sha256: hash }, i): ManifestTensor => ({
      name: `tensor.${i}`,
      kind: 'norm',
      dtype: 'u8',
      shape: [bytes],
      file: 'model.onnx_data',
      offset,
      bytes,
      sha256: hash,
    }));
    writeFileSync(join(base, MANIFEST_FILE), JSON.stringify({ ...tinyManifest, tensors: entries, files: [...files] }));
  }

  it('takes back what the other export has, and links its file', async () => {
    const base = await shareable();
    const store = await TensorStore.create(folder, await SharedExport.open(base));
    const own = await store.add('rest', [tensor(5000, 3)]);
    const shared = await store.add('rest', [tensor(2500, 2), tensor(2500, 2)]);
    const last = await store.add('rest', [tensor(10, 4)]);
    const finished = await store.finish();

    expect([own, shared, last].map((stored) => finished.fileOf(stored))).toEqual([
      'model.onnx_data_1',
      'model.onnx_data',
      'model.onnx_data_1',
    ]);
    expect(shared.offset).toBe(8192);
    expect(last.offset).toBe(8192);
    expect(statSync(join(folder, 'model.onnx_data')).ino).toBe(statSync(join(base, 'model.onnx_data')).ino);
    const file = readFileSync(join(folder, 'model.onnx_data_1'));
    expect(file).toHaveLength(8202);
    expect(finished.files).toMatchObject([
      { name: 'model.onnx_data', sharedWith: 'base' },
      { name: 'model.onnx_data_1', bytes: 8202, sha256: sha256(file) },
    ]);
  });

  it('never writes into a linked file, even when a journal that lost its end tells nothing of the link', async () => {
    const base = await shareable();
    const before = readFileSync(join(base, 'model.onnx_data'));
    const work = join(folder, 'work');
    mkdirSync(work);
    const store = await TensorStore.create(work, await SharedExport.open(base));
    const own = await store.add('rest', [tensor(5000, 3)]);
    await store.add('rest', [tensor(5000, 2)]);
    await store.finish();
    const resumed = await TensorStore.resume(work, await SharedExport.open(base), [[own]]);
    await resumed.store.add('rest', [tensor(7, 9)]);
    await resumed.store.close();
    expect(readFileSync(join(base, 'model.onnx_data')).equals(before)).toBe(true);
  });

  it('has no file of its own when everything is shared', async () => {
    const store = await TensorStore.create(folder, await SharedExport.open(await shareable()));
    await store.add('rest', [tensor(5000, 1)]);
    const { files } = await store.finish();
    expect(files.map(({ name }) => name)).toEqual(['model.onnx_data']);
    expect(readdirSync(folder).sort()).toEqual(['base', 'model.onnx_data']);
  });

  it('links nothing when nothing is shared', async () => {
    const store = await TensorStore.create(folder, await SharedExport.open(await shareable()));
    await store.add('rest', [tensor(5000, 9)]);
    const { files } = await store.finish();
    expect(files.map(({ name, sharedWith }) => [name, sharedWith])).toEqual([['model.onnx_data', undefined]]);
  });

  it('does not take the word of a manifest for bytes that have changed', async () => {
    const base = await shareable();
    const data = readFileSync(join(base, 'model.onnx_data'));
    data[8192 + 77] = 0;
    writeFileSync(join(base, 'model.onnx_data'), data);
    const store = await TensorStore.create(folder, await SharedExport.open(base));
    await expect(store.add('rest', [tensor(5000, 2)])).rejects.toThrow('The export to share with is damaged.');
    await store.close();
  });

  it('fails at once when a file of the other export is missing or cut', async () => {
    const base = await shareable();
    const shared = await SharedExport.open(base);
    writeFileSync(join(base, 'model.onnx_data'), '');
    await expect(TensorStore.create(folder, shared)).rejects.toMatchObject({ expected: '13192 bytes', got: '0 bytes' });
    rmSync(join(base, 'model.onnx_data'));
    await expect(TensorStore.create(folder, shared)).rejects.toThrow(
      'A data file of the export to share with is missing.',
    );
  });

  it('wants an export with a manifest', async () => {
    await expect(SharedExport.open(folder)).rejects.toThrow('The folder is no export of ft-lens.');
  });
});

describe('a store that goes on', () => {
  /** Tensors of three weights, in two parts; the last weight has two. */
  const weights = [
    [{ part: 'rest', bytes: tensor(5000, 1) }],
    [{ part: 'experts', bytes: tensor(70, 2) }],
    [
      { part: 'rest', bytes: tensor(4096, 3) },
      { part: 'rest', bytes: tensor(9, 4) },
    ],
  ] as const;

  async function write(store: TensorStore, from = 0): Promise<StoredTensor[][]> {
    const written: StoredTensor[][] = [];
    for (const weight of weights.slice(from)) {
      written.push([]);
      for (const { part, bytes } of weight) written.at(-1)?.push(await store.add(part, [bytes]));
    }
    return written;
  }

  /** What a folder holds: the names of its files with the hashes of their bytes. */
  const contents = (of: string): string[][] =>
    readdirSync(of)
      .sort()
      .map((name) => [name, sha256(readFileSync(join(of, name)))]);

  async function undisturbed(): Promise<string[][]> {
    const other = await mkdtemp(join(root, 'undisturbed-'));
    const store = await TensorStore.create(other, undefined);
    await write(store);
    await store.finish();
    return contents(other);
  }

  async function interrupted(): Promise<StoredTensor[][]> {
    const store = await TensorStore.create(folder, undefined);
    const written = await write(store);
    await store.close();
    return written;
  }

  it.each([0, 1, 2, 3])('after %d weights ends with the same bytes', async (count) => {
    const written = await interrupted();
    const resumed = await TensorStore.resume(folder, undefined, written.slice(0, count));
    expect(resumed.whole).toBe(count);
    expect(await write(resumed.store, count)).toEqual(written.slice(count));
    const { files } = await resumed.store.finish();
    expect(contents(folder)).toEqual(await undisturbed());
    expect(files.map(({ sha256: hash }) => hash)).toEqual((await undisturbed()).map(([, hash]) => hash));
  });

  it.each([
    ['the first weight', 'rest.unfinished', 77, 0],
    ['the second weight', 'experts.unfinished', 1, 1],
    ['one of two tensors of a weight', 'rest.unfinished', 3 * 4096 + 5, 2],
  ])('believes no more than its bytes: %s is damaged', async (_, name, at, whole) => {
    const written = await interrupted();
    const bytes = readFileSync(join(folder, name));
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(join(folder, name), bytes);
    const resumed = await TensorStore.resume(folder, undefined, written);
    expect(resumed.whole).toBe(whole);
    await write(resumed.store, whole);
    await resumed.store.finish();
    expect(contents(folder)).toEqual(await undisturbed());
  });

  it('notices bytes that never reached the disk', async () => {
    const written = await interrupted();
    truncateSync(join(folder, 'rest.unfinished'), 8192);
    const { store, whole } = await TensorStore.resume(folder, undefined, written);
    expect(whole).toBe(2);
    await store.close();
  });

  it('does so after it was finished, too, whatever else was written then', async () => {
    const store = await TensorStore.create(folder, undefined);
    const written = await write(store);
    await store.finish();
    writeFileSync(join(folder, 'config.json'), '{}');
    const resumed = await TensorStore.resume(folder, undefined, written);
    expect(resumed.whole).toBe(3);
    await resumed.store.finish();
    expect(contents(folder)).toEqual(await undisturbed());
  });

  it('reads shared bytes again, too', async () => {
    const base = join(folder, 'base');
    mkdirSync(base);
    const other = await TensorStore.create(base, undefined);
    const [shared] = await write(other);
    const { files } = await other.finish();
    const [{ offset, bytes, sha256: hash }] = shared as [StoredTensor];
    const entry: ManifestTensor = {
      name: 'w',
      kind: 'norm',
      dtype: 'u8',
      shape: [bytes],
      file: 'model.onnx_data_1',
      offset,
      bytes,
      sha256: hash,
    };
    writeFileSync(join(base, MANIFEST_FILE), JSON.stringify({ ...tinyManifest, tensors: [entry], files: [...files] }));
    const work = join(folder, 'work');
    mkdirSync(work);
    const first = await TensorStore.create(work, await SharedExport.open(base));
    const written = await write(first);
    expect(written[0]?.[0]?.sharedFile).toBe('model.onnx_data_1');
    await first.close();
    const resumed = await TensorStore.resume(work, await SharedExport.open(base), written);
    expect(resumed.whole).toBe(3);
    await resumed.store.close();

    const data = readFileSync(join(base, 'model.onnx_data_1'));
    data[3] = 0;
    writeFileSync(join(base, 'model.onnx_data_1'), data);
    const distrustful = await TensorStore.resume(work, await SharedExport.open(base), written);
    expect(distrustful.whole).toBe(0);
    await distrustful.store.close();
  });
});
