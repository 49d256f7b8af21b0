import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deviceError } from '../../src/errors.ts';
import { type CudaMachine, installedCuda, usableCuda } from '../../src/setup/cuda-availability.ts';
import { cudaFolder } from '../../src/setup/cuda/cuda-folder.ts';
import { CUDA_LIBRARIES, librariesOf, wheelsOf } from '../../src/setup/cuda/pinned.ts';
import { findRuntimeCopies } from '../../src/setup/machine/runtime-copies.ts';
import { platformProblem } from '../../src/setup/machine/platform.ts';
import { GPU, WORKING_CUDA } from './working-cuda.ts';

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

describe('the CUDA libraries', () => {
  const names = librariesOf(wheelsOf(CUDA_LIBRARIES)).map(({ file }) => file);
  const manifest = (changes: object = {}): string =>
    JSON.stringify({
      schema: 'ft-lens.cuda',
      schemaVersion: '1.0',
      onnxruntime: '1.30.0',
      wheels: [],
      libraries: names.map((name) => ({ name, path: name, bytes: 4, sha256: '0'.repeat(64) })),
      ...changes,
    });
  const find = (text: string | undefined) => {
    for (const name of names) writeFileSync(join(scratch, name), 'libs');
    if (text !== undefined) writeFileSync(join(scratch, 'manifest.json'), text);
    return installedCuda({ FT_LENS_CUDA_DIR: scratch });
  };

  test('are used when the manifest and the files agree', async () => {
    expect(await find(manifest())).toMatchObject({
      loadOrder: CUDA_LIBRARIES.loadOrder.map((name) => join(scratch, name)),
    });
  });

  test('may stand in a toolkit elsewhere', async () => {
    mkdirSync(join(scratch, 'toolkit'));
    const path = join(scratch, 'toolkit/libcudart.so.13.0.96');
    writeFileSync(path, 'elsewhere');
    const elsewhere = { name: 'libcudart.so.13', path, bytes: 9, sha256: '0'.repeat(64) };
    const [, ...others] = JSON.parse(manifest()).libraries.toSorted((a: { name: string }) =>
      a.name === 'libcudart.so.13' ? -1 : 0,
    );
    const found = await find(manifest({ libraries: [elsewhere, ...others] }));
    expect(found).toMatchObject({ loadOrder: expect.arrayContaining([path]) });
  });

  test.each([
    ['are not set up', undefined, 'The CUDA libraries are not set up.'],
    ['have a manifest of another program', '{"name": "x"}', 'The CUDA libraries are not set up.'],
    ['have a manifest that is no JSON', '{', 'The CUDA libraries cannot be read.'],
    [
      'belong to another version',
      manifest({ onnxruntime: '1.29.0' }),
      'The CUDA libraries belong to another version of ONNX Runtime.',
    ],
    [
      'lack a file',
      manifest({ libraries: [{ name: 'libx.so', path: 'libx.so', bytes: 4, sha256: '0'.repeat(64) }] }),
      'A CUDA library is not as it was set up.',
    ],
    ['lack a library in the manifest', manifest({ libraries: [] }), 'A CUDA library is not as it was set up.'],
    [
      'have another size',
      manifest({ libraries: [{ name: names[0], path: names[0], bytes: 5, sha256: '0'.repeat(64) }] }),
      'A CUDA library is not as it was set up.',
    ],
  ])('that %s have a message of their own', async (_, text, message) => {
    expect(await find(text)).toMatchObject({ kind: 'device', exitCode: 3, message, remedy: 'ft-lens setup cuda' });
  });

  test('stand in the cache of the user, unless another place is named', () => {
    expect(cudaFolder('1.30.0', { HOME: '/home/fox' })).toBe('/home/fox/.cache/ft-lens/cuda-ort-1.30.0');
    expect(cudaFolder('1.30.0', { HOME: '/home/fox', XDG_CACHE_HOME: '/big' })).toBe('/big/ft-lens/cuda-ort-1.30.0');
    expect(cudaFolder('1.30.0', { HOME: '/home/fox', XDG_CACHE_HOME: 'big' })).toMatch(/^\/home\/fox\/\.cache/);
    expect(cudaFolder('1.30.0', { FT_LENS_CUDA_DIR: '/opt/cuda' })).toBe('/opt/cuda');
    expect(cudaFolder('1.30.0', { FT_LENS_CUDA_DIR: '/opt/cuda' }, '/asked')).toBe('/asked');
  });

  test('are pinned for the installed onnxruntime-node, of which there is one', () => {
    expect(findRuntimeCopies().map(({ version }) => version)).toEqual([CUDA_LIBRARIES.onnxruntime]);
    expect(names).toEqual(expect.arrayContaining([...CUDA_LIBRARIES.loadOrder]));
  });
});

describe('CUDA on a machine', () => {
  const gone = deviceError('gone');
  const old = { ...GPU, name: 'old', computeCapability: 7.0, freeBytes: 40e9 };
  const busy = { ...GPU, name: 'busy', freeBytes: 1e9 };
  const machine = (changes: Partial<CudaMachine>): CudaMachine => ({ ...WORKING_CUDA, ...changes });

  test('is usable when everything is there; the card with most free memory of those new enough is taken', () => {
    expect(usableCuda(machine({ gpus: [old, busy, GPU] }))).toMatchObject({ gpu: { name: GPU.name } });
    expect(usableCuda(machine({ gpus: undefined }))).toMatchObject({ gpu: undefined });
  });

  test.each([
    ['no driver', { driver: gone, gpus: gone, libraries: gone }, 'gone'],
    [
      'a driver that is too old',
      { driver: { library: 'x', version: '550.54.14' } },
      'The NVIDIA driver is too old for these CUDA libraries.',
    ],
    ['no card', { gpus: deviceError('no card'), libraries: gone }, 'no card'],
    ['only old cards', { gpus: [old] }, 'This card is too old for these CUDA libraries.'],
    ['no libraries', { libraries: deviceError('not set up') }, 'not set up'],
  ])('%s', (_, changes, message) => {
    expect(usableCuda(machine(changes))).toMatchObject({ kind: 'device', message });
  });

  test('is a matter of Linux on x86-64', () => {
    expect(platformProblem('linux', 'x64')).toBeUndefined();
    expect(platformProblem('darwin', 'arm64')).toMatchObject({ kind: 'device', got: 'darwin on arm64' });
  });
});
