import { describe, expect, test } from 'vitest';
import { deviceError } from '../../../src/errors.ts';
import { cudaChecks } from '../../../src/setup/doctor/cuda-checks.ts';
import {
  diskCheck,
  memoryCheck,
  nodeCheck,
  runtimeCheck,
  vulkanCheck,
} from '../../../src/setup/doctor/machine-checks.ts';
import type { InstalledCuda } from '../../../src/setup/cuda/installed.ts';
import { GPU, WORKING_CUDA } from '../working-cuda.ts';

describe('CUDA', () => {
  const problem = deviceError('It is missing.', { got: 'nothing', remedy: 'bring it' });
  const statuses = (changes: object) => cudaChecks({ ...WORKING_CUDA, ...changes }).map(({ status }) => status);

  test('that works', () => {
    expect(cudaChecks(WORKING_CUDA)).toEqual([
      { id: 'driver', status: 'pass', text: 'NVIDIA 580.65.06, /usr/lib/libcuda.so.580.65.06' },
      { id: 'gpu', status: 'pass', text: 'NVIDIA RTX 4090, 24.1 GB free of 25.7 GB, compute capability 8.9' },
      { id: 'cuda', status: 'pass', text: 'libraries for onnxruntime 1.30.0 in /cache/cuda' },
    ]);
  });

  test('whose libraries are partly those of a toolkit', () => {
    const { libraries } = WORKING_CUDA as { libraries: InstalledCuda };
    const library = { name: 'libx.so', path: '/usr/local/cuda/lib64/libx.so', bytes: 1, sha256: '0'.repeat(64) };
    const manifest = { ...libraries.manifest, libraries: [library] };
    const [, , check] = cudaChecks({ ...WORKING_CUDA, libraries: { ...libraries, manifest } });
    expect(check?.text).toMatch(/ in \/cache\/cuda, and the CUDA toolkit in \/usr\/local\/cuda\/lib64$/);
  });

  test('on a machine that is none for it, nothing is broken', () => {
    expect(statuses({ driver: problem, gpus: undefined, libraries: problem })).toEqual(['absent', 'absent', 'absent']);
  });

  test('with a driver, what does not work is broken, and says what to do', () => {
    expect(cudaChecks({ ...WORKING_CUDA, gpus: problem, libraries: problem }).slice(1)).toEqual([
      { id: 'gpu', status: 'fail', text: 'it is missing (nothing)', remedy: 'bring it' },
      { id: 'cuda', status: 'fail', text: 'it is missing (nothing)', remedy: 'bring it' },
    ]);
    expect(statuses({ driver: { library: 'x', version: '535.1' } })[0]).toBe('fail');
    expect(statuses({ gpus: [{ ...GPU, computeCapability: 6.1 }] })[1]).toBe('fail');
    expect(statuses({ gpus: undefined })[1]).toBe('warn');
  });
});

describe('the machine', () => {
  test.each([
    ['20.19.0', 'pass'],
    ['20.18.9', 'fail'],
    ['22.1.0', 'pass'],
    ['18.20.8', 'fail'],
  ])('Node.js %s: %s', (version, status) => {
    expect(nodeCheck(version, '20.19').status).toBe(status);
  });

  const copy = { folder: '/a/onnxruntime-node', version: '1.30.0' };
  test.each([
    ['one copy that runs', [copy], '1.30.0', 'pass'],
    ['two copies', [copy, { ...copy, folder: '/b' }], '1.30.0', 'warn'],
    ['another version', [copy], '1.29.0', 'warn'],
    ['one that does not start', [copy], new Error('no such binding'), 'fail'],
  ])('the runtime: %s', (_, copies, started, status) => {
    expect(runtimeCheck(copies, started, '1.30.0').status).toBe(status);
  });

  test('memory and disk', () => {
    expect(memoryCheck({ totalBytes: 64e9, availableBytes: 60e9 })).toMatchObject({ status: 'pass' });
    expect(memoryCheck({ totalBytes: 16e9, availableBytes: 9e9 })).toMatchObject({ status: 'warn' });
    expect(diskCheck('/x', 50e9)).toEqual({ id: 'disk', status: 'pass', text: '50.0 GB free in /x' });
    expect(diskCheck('/x', 0.2e9)).toMatchObject({ status: 'warn', text: '200 MB free in /x' });
    const untold = 'the file system of /x does not tell what is free';
    expect(diskCheck('/x', undefined)).toEqual({ id: 'disk', status: 'pass', text: untold });
  });

  test('Vulkan', () => {
    expect(vulkanCheck(undefined).status).toBe('pass');
    expect(vulkanCheck({ loader: false, drivers: ['/x.json'] }).status).toBe('absent');
    expect(vulkanCheck({ loader: true, drivers: [] }).status).toBe('absent');
    expect(vulkanCheck({ loader: true, drivers: ['/x.json'] })).toMatchObject({ status: 'pass' });
  });
});
