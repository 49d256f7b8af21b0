import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { driverProblem, findDriver } from '../../../src/setup/machine/driver.ts';
import { tryToLoad } from '../../../src/setup/machine/load-libraries.ts';
import { fakeDriver } from '../../helpers/fake-cuda.ts';

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
});
afterAll(() => rmSync(scratch, { recursive: true }));

/** An environment whose dynamic linker finds a libcuda of that version. */
const withDriver = (fileName: string): NodeJS.ProcessEnv => ({
  ...process.env,
  ...fakeDriver(scratch, fileName),
});

const NO_MODULE = '/nonexistent/version';

describe.runIf(process.platform === 'linux')('the NVIDIA driver', () => {
  test('is told by its library, and that by the name of the file', async () => {
    const driver = await findDriver(withDriver('libcuda.so.580.65.06'), NO_MODULE);
    expect(driver).toMatchObject({ version: '580.65.06' });
    expect(driverProblem(driver as never)).toBeUndefined();
  });

  test('that is older than CUDA 13 has a message of its own', async () => {
    const driver = await findDriver(withDriver('libcuda.so.535.183.01'), NO_MODULE);
    expect(driverProblem(driver as never)).toMatchObject({
      kind: 'device',
      exitCode: 3,
      message: 'The NVIDIA driver is too old for these CUDA libraries.',
      got: '535.183.01',
      remedy: 'update the driver',
    });
  });

  test('without a version in its name is asked through the kernel module', async () => {
    const moduleFile = join(scratch, 'version');
    writeFileSync(
      moduleFile,
      'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (builder@host)\nGCC version: 12.2.0\n',
    );
    expect(await findDriver(withDriver('libcuda.so.1'), moduleFile)).toMatchObject({ version: '570.86.15' });
    const unknown = await findDriver(withDriver('libcuda.so.1'), NO_MODULE);
    expect(unknown).toMatchObject({ version: undefined });
    expect(driverProblem(unknown as never)).toBeUndefined();
  });

  test('that is no library at all is no driver', async () => {
    const folder = mkdtempSync(join(scratch, 'broken-'));
    writeFileSync(join(folder, 'libcuda.so.1'), 'not a library');
    const environment = { ...process.env, LD_LIBRARY_PATH: folder };
    expect(await findDriver(environment, NO_MODULE)).toMatchObject({
      kind: 'device',
      exitCode: 3,
      message: 'There is no NVIDIA driver on this machine.',
      got: expect.stringMatching(/file too short|invalid ELF header/),
    });
  });

  test('loading happens elsewhere, and a name that nothing answers to fails', async () => {
    const { failures, mapped } = await tryToLoad(['libft-lens-none.so.1', 'libm.so.6']);
    expect(Object.keys(failures)).toEqual(['libft-lens-none.so.1']);
    expect(mapped.some((path) => path.includes('libm'))).toBe(true);
  });

  test('what else the process prints changes nothing; no result is an error, not a crash', async () => {
    const preload = join(scratch, 'preload.cjs');
    const environment = { ...process.env, NODE_OPTIONS: `--require=${preload}` };
    writeFileSync(preload, `console.log('a library says hello');`);
    expect(await tryToLoad(['libm.so.6'], environment)).toMatchObject({ failures: {} });
    writeFileSync(preload, `process.exit(0);`);
    await expect(tryToLoad(['libm.so.6'], environment)).rejects.toThrow('loading libm.so.6 gave no result');
  });
});
