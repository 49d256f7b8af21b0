import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findInTree } from '../../../src/setup/toolkit/find-in-tree.ts';
import { findToolkit } from '../../../src/setup/toolkit/find-toolkit.ts';
import { cachedLibraries, usualPlaces } from '../../../src/setup/toolkit/places.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

const NAMES = ['libone.so.13', 'libtwo.so.13'];
const loads = () => Promise.resolve({ failures: {}, mapped: [] });

/** The beginning of a 64-bit ELF file for a machine. */
function elf(machine = 62): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02', 'latin1');
  header.writeUInt16LE(machine, 18);
  return header;
}

function put(path: string, content: Uint8Array = elf()): string {
  const file = join(scratch, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

test('a place counts when it has every library; names may be links to versions', async () => {
  put('half/libone.so.13');
  const one = put('whole/libone.so.13.0.96');
  symlinkSync('libone.so.13.0.96', join(scratch, 'whole/libone.so.13'));
  const two = put('whole/sub/libtwo.so.13');
  const places = [
    { name: 'half', folders: [join(scratch, 'half')] },
    { name: 'whole', folders: [join(scratch, 'whole'), join(scratch, 'whole/sub')] },
  ];
  const toolkit = await findToolkit(places, NAMES, loads);
  expect(toolkit?.place).toBe('whole');
  expect([...(toolkit?.libraries ?? [])]).toEqual([
    ['libone.so.13', one],
    ['libtwo.so.13', two],
  ]);
});

test.each([
  ['for another machine', elf(183)],
  ['for 32 bits', Buffer.concat([Buffer.from('\x7fELF\x01', 'latin1'), Buffer.alloc(60)])],
  ['that are scripts of a linker', Buffer.from('INPUT(libone.so)')],
  ['that are empty', Buffer.alloc(0)],
])('libraries %s do not fit', async (_, content) => {
  put('place/libone.so.13', content);
  put('place/libtwo.so.13');
  expect(await findToolkit([{ name: 'x', folders: [join(scratch, 'place')] }], NAMES, loads)).toBeUndefined();
});

test('libraries that do not load, or end the process, do not fit', async () => {
  for (const name of NAMES) put(`place/${name}`);
  const places = [{ name: 'x', folders: [join(scratch, 'place')] }];
  const fails = () => Promise.resolve({ failures: { x: 'GLIBC_2.38 not found' }, mapped: [] });
  expect(await findToolkit(places, NAMES, fails)).toBeUndefined();
  expect(await findToolkit(places, NAMES, () => Promise.reject(new Error('died')))).toBeUndefined();
});

test('places: the path of the linker, toolkits by their variables, Python environments', async () => {
  put('venv/lib/python3.12/site-packages/nvidia/cu13/lib/libone.so.13');
  const places = await usualPlaces({
    LD_LIBRARY_PATH: `${scratch}/a::${scratch}/b`,
    CUDA_HOME: `${scratch}/cuda`,
    VIRTUAL_ENV: `${scratch}/venv`,
  });
  expect(places).toContainEqual({ name: 'LD_LIBRARY_PATH', folders: [`${scratch}/a`, `${scratch}/b`] });
  expect(places.find(({ name }) => name === `${scratch}/cuda`)?.folders).toContain(`${scratch}/cuda/lib64`);
  expect(places.find(({ name }) => name === `${scratch}/venv`)?.folders).toContain(
    `${scratch}/venv/lib/python3.12/site-packages/nvidia/cu13/lib`,
  );
});

test('the cache of the linker, as ldconfig prints it', () => {
  const printed = `1234 libs found in cache \`/etc/ld.so.cache'
\tlibz.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libz.so.1
\tlibcudart.so.13 (libc6,x86-64) => /usr/local/cuda/targets/x86_64-linux/lib/libcudart.so.13
\tlibcublas.so.13 (libc6,x86-64, hwcap: 0x2) => /usr/local/cuda/lib/libcublas.so.13
\tlibcurand.so.10 (libc6) => /usr/lib32/libcurand.so.10
`;
  expect(cachedLibraries(printed)).toEqual([
    '/usr/local/cuda/targets/x86_64-linux/lib/libcudart.so.13',
    '/usr/local/cuda/lib/libcublas.so.13',
  ]);
});

test('a tree is searched nearest first, and no links are followed', async () => {
  const deep = put('env/lib/python3.12/site-packages/nvidia/cu13/lib/libone.so.13');
  const near = put('env/lib/libone.so.13');
  symlinkSync(scratch, join(scratch, 'env/loop'));
  const found = await findInTree(join(scratch, 'env'), NAMES);
  expect([...found]).toEqual([['libone.so.13', [near, deep]]]);
});
