import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { findDataFiles } from '../../../src/analysis/model/data-files.ts';
import type { OpenModel } from '../../../src/analysis/model/open-model.ts';
import { weightContents } from '../../../src/analysis/model/weight-contents.ts';
import type { Manifest } from '../../../src/export/folder/manifest.ts';
import { DataType, GraphBuilder } from '../../../src/onnx/graph-builder.ts';
import { emptyModel } from '../../../src/onnx/model.ts';

const folder = mkdtempSync(join(tmpdir(), 'ft-lens-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inFolder = (name: string): string => join(folder, name);
for (const name of ['a', 'linked', 'copied', 'outside']) mkdirSync(inFolder(name));
writeFileSync(inFolder('a/data'), new Uint8Array(32));
linkSync(inFolder('a/data'), inFolder('linked/data'));
copyFileSync(inFolder('a/data'), inFolder('copied/data'));
symlinkSync(inFolder('a/data'), inFolder('outside/data'));

/** A model with one weight of 16 bytes. @param sha256 what its manifest says of these bytes */
async function model(
  name: string,
  { offset = 0, sha256, says }: { offset?: number; sha256?: string; says?: object } = {},
) {
  const { graph, proto } = emptyModel('one', 21);
  new GraphBuilder({ graph }).initializer('w', DataType.FLOAT, [4], { file: 'data', offset, length: 16 });
  const tensor = { name: 'w', file: 'data', offset, bytes: 16, sha256, ...says };
  return {
    file: 'model.onnx',
    model: { graph, proto },
    manifest: sha256 === undefined ? undefined : ({ tensors: [tensor] } as unknown as Manifest),
    dataFiles: await findDataFiles(inFolder(name), [{ file: 'data' }]),
  } as unknown as OpenModel;
}

function areSame(a: OpenModel, b: OpenModel): boolean {
  const [ofA = [], ofB = []] = [a, b].map((each) => weightContents(each).get('w'));
  return ofA.some((text) => ofB.includes(text));
}

describe('weightContents', () => {
  it('knows the same place of the same file, by whatever name', async () => {
    expect(areSame(await model('a'), await model('linked'))).toBe(true);
    expect(areSame(await model('a'), await model('linked', { offset: 16 }))).toBe(false);
    expect(areSame(await model('a'), await model('copied'))).toBe(false);
  });

  it('believes equal hashes of two manifests, wherever the bytes stand', async () => {
    const [one, other] = ['1'.repeat(64), '2'.repeat(64)];
    expect(areSame(await model('a', { sha256: one }), await model('copied', { sha256: one, offset: 16 }))).toBe(true);
    expect(areSame(await model('a', { sha256: one }), await model('copied', { sha256: other }))).toBe(false);
    expect(areSame(await model('a', { sha256: one }), await model('copied'))).toBe(false);
  });

  it.each([{ offset: 16 }, { bytes: 8 }, { file: 'other' }])(
    'believes no hash of other bytes than those the graph reads: %o',
    async (says) => {
      const sha256 = '1'.repeat(64);
      expect(areSame(await model('a', { sha256 }), await model('copied', { sha256, says }))).toBe(false);
    },
  );
});

describe('findDataFiles', () => {
  const find = (name: string) => findDataFiles(inFolder(name), [{ file: 'data' }, { file: 'none' }]);

  it('tells where each file is that exists', async () => {
    const [own, linked] = [await find('a'), await find('linked')];
    expect([...own]).toMatchObject([['data', { name: 'data', bytes: 32, path: inFolder('a/data') }]]);
    expect(linked.get('data')?.identity).toBe(own.get('data')?.identity);
  });

  it('follows no link out of the folder', async () => {
    await expect(find('outside')).rejects.toThrow('A link leads out of its folder.');
  });
});
