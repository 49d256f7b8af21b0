import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findGpus, parseGpus, visibleGpus } from '../../../src/setup/machine/gpus.ts';

const TWO_CARDS = `GPU-1b1b2c2c-0000-1111-2222-333344445555, NVIDIA RTX A2000 12GB, 12282, 11000, 8.6, 580.65.06
GPU-aaaa2c2c-0000-1111-2222-333344445555, NVIDIA H100 80GB HBM3, 81559, 81000, 9.0, 580.65.06
`;

test('a card is a line, and what it does not know is left out', () => {
  const [a2000, shared] = parseGpus(`${TWO_CARDS.split('\n')[0]}\nGPU-2, NVIDIA GB10, [N/A], [N/A], 12.1, [N/A]\n`);
  expect(a2000).toEqual({
    uuid: 'GPU-1b1b2c2c-0000-1111-2222-333344445555',
    name: 'NVIDIA RTX A2000 12GB',
    totalBytes: 12_282 * 2 ** 20,
    freeBytes: 11_000 * 2 ** 20,
    computeCapability: 8.6,
    driver: '580.65.06',
  });
  expect(shared).toMatchObject({ name: 'NVIDIA GB10', totalBytes: undefined, freeBytes: undefined, driver: undefined });
  expect(parseGpus('No devices were found\n')).toEqual([]);
});

describe('CUDA_VISIBLE_DEVICES', () => {
  const gpus = parseGpus(TWO_CARDS);
  const [a2000, h100] = gpus;
  test.each([
    ['is not set', undefined, gpus],
    ['numbers and order', '1,0', [h100, a2000]],
    ['the beginning of a UUID', 'GPU-aaaa', [h100]],
    ['ends at what names no card', '0,7,1', [a2000]],
    ['hides all', '', []],
    ['hides all by a number that is none', '-1', []],
    ['a part of a card', 'MIG-1234', undefined],
  ])('%s', (_, variable, expected) => {
    const environment = { CUDA_DEVICE_ORDER: 'PCI_BUS_ID', CUDA_VISIBLE_DEVICES: variable };
    expect(visibleGpus(gpus, environment)).toEqual(expected);
  });

  test('counts cards of several kinds as only CUDA knows', () => {
    expect(visibleGpus(gpus, { CUDA_VISIBLE_DEVICES: '1' })).toBeUndefined();
    expect(visibleGpus(gpus, { CUDA_VISIBLE_DEVICES: 'GPU-aaaa' })).toEqual([h100]);
    const equal = gpus.map((gpu) => ({ ...gpu, name: 'NVIDIA H100' }));
    expect(visibleGpus(equal, { CUDA_VISIBLE_DEVICES: '1' })).toEqual(equal.slice(1));
  });
});

describe.runIf(process.platform !== 'win32')('nvidia-smi', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Puts a program of that name on the PATH. */
  const answering = (script: string): NodeJS.ProcessEnv => {
    writeFileSync(join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, 'nvidia-smi'), 0o755);
    return { PATH: folder };
  };

  test('lists the cards', async () => {
    const gpus = await findGpus(answering(`printf '%s' '${TWO_CARDS}'`), []);
    expect(gpus).toMatchObject([{ name: 'NVIDIA RTX A2000 12GB' }, { name: 'NVIDIA H100 80GB HBM3' }]);
  });

  test.each([
    ['finds none', 'echo "No devices were found"; exit 6', 'No devices were found'],
    ['lists none', 'exit 0', 'no card in its list'],
    [
      'has lost the driver',
      'echo "NVIDIA-SMI has failed because it could not communicate" >&2; exit 9',
      'NVIDIA-SMI has failed because it could not communicate',
    ],
  ])('%s', async (_, script, got) => {
    expect(await findGpus(answering(script), [])).toMatchObject({
      kind: 'device',
      exitCode: 3,
      message: 'The NVIDIA driver finds no card.',
      got,
    });
  });

  test('hides every card', async () => {
    const environment = { ...answering(`printf '%s' '${TWO_CARDS}'`), CUDA_VISIBLE_DEVICES: '' };
    expect(await findGpus(environment, [])).toMatchObject({ got: 'CUDA_VISIBLE_DEVICES="" hides all' });
  });

  test('is not there: nothing is known', async () => {
    expect(await findGpus({ PATH: '/nonexistent' }, [])).toBeUndefined();
  });
});
