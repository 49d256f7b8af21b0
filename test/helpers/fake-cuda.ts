import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CUDA_LIBRARIES, librariesOf, wheelsOf } from '../../src/setup/cuda/pinned.ts';

/** Some shared library of this system: the C library's mathematics, which this process has mapped. */
function someLibrary(): string {
  const paths = readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/)[5] ?? '');
  return paths.find((path) => /\/libm[-.]/.test(path)) as string;
}

/** Variables with which the dynamic linker finds a library called libcuda, whose file name says its version. */
export function fakeDriver(folder: string, fileName: string): Record<string, string> {
  const driver = mkdtempSync(join(folder, 'driver-'));
  copyFileSync(someLibrary(), join(driver, fileName));
  if (fileName !== 'libcuda.so.1') symlinkSync(fileName, join(driver, 'libcuda.so.1'));
  return { LD_LIBRARY_PATH: driver };
}

/** Variables with which a program called nvidia-smi is found; it runs this shell script. */
export function fakeNvidiaSmi(folder: string, script: string): Record<string, string> {
  const programs = join(folder, 'programs');
  mkdirSync(programs, { recursive: true });
  writeFileSync(join(programs, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(programs, 'nvidia-smi'), 0o755);
  return { PATH: [programs, process.env['PATH']].join(delimiter) };
}

/** Prints a card as nvidia-smi would; memory in MiB. */
export function printsCard(name: string, total: number, free: number, capability = '8.9'): string {
  return `echo "GPU-1234, ${name}, ${total}, ${free}, ${capability}, 580.65.06"`;
}

/** A folder that looks as if `ft-lens setup cuda` had made it. */
export function fakeLibraries(folder: string, changes: object = {}): Record<string, string> {
  const cuda = join(folder, 'cuda');
  mkdirSync(cuda, { recursive: true });
  const libraries = librariesOf(wheelsOf(CUDA_LIBRARIES)).map(({ file }) => {
    writeFileSync(join(cuda, file), 'fake');
    return { name: file, path: file, bytes: 4, sha256: '0'.repeat(64) };
  });
  const manifest = { schema: 'ft-lens.cuda', schemaVersion: '1.0', onnxruntime: '1.30.0', wheels: [], libraries };
  writeFileSync(join(cuda, 'manifest.json'), JSON.stringify({ ...manifest, ...changes }));
  return { FT_LENS_CUDA_DIR: cuda };
}
