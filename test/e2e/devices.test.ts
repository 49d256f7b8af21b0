import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { doctorReportSchema } from '../../src/setup/doctor/report.ts';
import { CUDA_LIBRARIES, wheelsOf } from '../../src/setup/cuda/pinned.ts';
import { FIXTURES, ftLens, temporaryFolder } from '../helpers/cli.ts';
import { fakeDriver, fakeLibraries, fakeNvidiaSmi, printsCard } from '../helpers/fake-cuda.ts';
import { startIndex } from '../setup/index-server.ts';

let folder: string;
beforeAll(async () => {
  folder = temporaryFolder();
  const made = await ftLens(['export', '--checkpoint', join(FIXTURES, 'tiny-published'), '--out', 'base-int4'], {
    cwd: folder,
  });
  expect(made).toMatchObject({ status: 0 });
});
afterAll(() => rmSync(folder, { recursive: true }));

const READ = ['analyze', 'fox', '--base', 'base-int4', '--quiet'];

/** The sentence of the error block, and its `got`. */
function sentences(stderr: string): { error: string | undefined; got: string | undefined } {
  return { error: /^error {2}(.+?) {2,}exit/m.exec(stderr)?.[1], got: /got +(.+)$/m.exec(stderr)?.[1] };
}

describe.runIf(process.platform === 'linux')('CUDA by name', () => {
  const CARD = printsCard('NVIDIA RTX 4090', 24_564, 24_000);
  /** What the machine has, as variables; made when the test runs. */
  const cases: [string, () => Record<string, string>, string][] = [
    [
      'without a driver',
      () => ({ ...fakeLibraries(folder), ...fakeNvidiaSmi(folder, CARD) }),
      'There is no NVIDIA driver on this machine.',
    ],
    [
      'with a driver that is older than CUDA 13',
      () => ({ ...fakeLibraries(folder), ...fakeDriver(folder, 'libcuda.so.550.54.14') }),
      'The NVIDIA driver is too old for these CUDA libraries.',
    ],
    [
      'with a driver and no card',
      () => ({
        ...fakeLibraries(folder),
        ...fakeDriver(folder, 'libcuda.so.580.65.06'),
        ...fakeNvidiaSmi(folder, 'echo "No devices were found"; exit 6'),
      }),
      'The NVIDIA driver finds no card.',
    ],
    [
      'with a card that is too old',
      () => ({
        ...fakeLibraries(folder),
        ...fakeDriver(folder, 'libcuda.so.580.65.06'),
        ...fakeNvidiaSmi(folder, printsCard('Tesla P100', 16_384, 16_000, '6.0')),
      }),
      'This card is too old for these CUDA libraries.',
    ],
    [
      'without the libraries',
      () => ({ ...fakeDriver(folder, 'libcuda.so.580.65.06'), ...fakeNvidiaSmi(folder, CARD) }),
      'The CUDA libraries are not set up.',
    ],
    [
      'with the libraries of another version',
      () => ({
        ...fakeLibraries(folder, { onnxruntime: '1.29.0' }),
        ...fakeDriver(folder, 'libcuda.so.580.65.06'),
        ...fakeNvidiaSmi(folder, CARD),
      }),
      'The CUDA libraries belong to another version of ONNX Runtime.',
    ],
    [
      'with a card whose memory is taken',
      () => ({
        ...fakeLibraries(folder),
        ...fakeDriver(folder, 'libcuda.so.580.65.06'),
        ...fakeNvidiaSmi(folder, printsCard('NVIDIA RTX 4090', 24_564, 300)),
      }),
      'The memory of the graphics card does not suffice.',
    ],
    [
      'with libraries that do not load',
      () => ({
        ...fakeLibraries(folder),
        ...fakeDriver(folder, 'libcuda.so.580.65.06'),
        ...fakeNvidiaSmi(folder, CARD),
      }),
      'The CUDA libraries cannot be loaded.',
    ],
  ];

  // Nothing hides a driver that the machine really has.
  const [withoutDriver, ...others] = cases;
  const possible = existsSync('/proc/driver/nvidia') ? others : [withoutDriver as (typeof cases)[0], ...others];

  test.each(possible)('%s: a message of its own, and exit 3', async (_, machine, error) => {
    const { status, stdout, stderr } = await ftLens([...READ, '--device', 'cuda'], { cwd: folder, env: machine() });
    expect({ status, stdout, error: sentences(stderr).error }).toEqual({ status: 3, stdout: '', error });
    expect(stderr).toMatch(/^ {2}do .+--device cpu|^ {2}do .+ft-lens setup cuda/m);
  });

  test('auto runs on the CPU and says why', async () => {
    const env = {
      ...fakeLibraries(folder),
      ...fakeDriver(folder, 'libcuda.so.580.65.06'),
      ...fakeNvidiaSmi(folder, printsCard('NVIDIA RTX 4090', 24_564, 300)),
    };
    const { status, stderr } = await ftLens(READ.slice(0, -1), { cwd: folder, env });
    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^device {3}cpu \(auto: \d.+ needed, 315 MB free on NVIDIA RTX 4090; ft-lens doctor tells why\)$/m,
    );
    const none = await ftLens(READ.slice(0, -1), { cwd: folder, env: fakeLibraries(folder) });
    expect(none.status).toBe(0);
  });

  test('auto goes on with the CPU when CUDA fails on the way', async () => {
    const env = {
      ...fakeLibraries(folder),
      ...fakeDriver(folder, 'libcuda.so.580.65.06'),
      ...fakeNvidiaSmi(folder, CARD),
    };
    const { status, stdout, stderr } = await ftLens([...READ.slice(0, -1), '--json'], { cwd: folder, env });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^device {3}cuda \(auto: NVIDIA RTX 4090, 25\.2 GB free\)$/m);
    expect(stderr).toMatch(
      /^warning {2}The CUDA libraries cannot be loaded \(.+\): --device auto goes on with the CPU\.$/m,
    );
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({ settings: { device: 'cpu' } });
    expect(report.checks).toContainEqual(expect.objectContaining({ id: 'device', status: 'warn' }));
    const deep = await ftLens(['doctor', '--deep'], { cwd: folder, env });
    expect(deep.stdout).toMatch(
      /^! reading {3}The CUDA libraries cannot be loaded \(.+\): --device auto goes on with the CPU\.$/m,
    );
  });
});

describe('ft-lens doctor', () => {
  test('is content with a machine that has a CPU, and its JSON is what the schema says', async () => {
    const { status, stdout, stderr } = await ftLens(['doctor', '--json'], { cwd: folder });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const report = doctorReportSchema.parse(JSON.parse(stdout));
    expect(report).toMatchObject({ devices: { cpu: true, cuda: false }, auto: 'cpu' });
    expect(report.checks.map(({ id }) => id)).toEqual([
      'node',
      'runtime',
      'memory',
      'disk',
      'demo',
      'driver',
      'gpu',
      'cuda',
      'vulkan',
      'auto',
    ]);
    expect(report.checks.find(({ id }) => id === 'runtime')).toMatchObject({ status: 'pass' });
  });

  test('prints a line a check; the exit code speaks of the device that was asked for', async () => {
    const { status, stdout } = await ftLens(['doctor', '--device', 'cuda'], { cwd: folder });
    expect(status).toBe(3);
    expect(stdout).toMatch(/^✓ node {6}\d/m);
    expect(stdout).toMatch(/^[✗-] cuda {6}the CUDA libraries are not set up\n {12}→ ft-lens setup cuda$/m);
    expect(stdout).not.toMatch(/[^\n\P{Cc}]/u);
  });

  test('--deep reads the demo pair', async () => {
    const { status, stdout } = await ftLens(['doctor', '--deep'], { cwd: folder });
    expect(status).toBe(0);
    expect(stdout).toMatch(/^✓ reading {3}the demo pair on cpu in .+ s, all self-checks pass$/m);
  });
});

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('ft-lens setup cuda', () => {
  test('says what it would do, to whom, and does nothing', async () => {
    const { status, stdout, stderr } = await ftLens(
      ['setup', 'cuda', '--dry-run', '--no-toolkit', '--dir', 'cuda-dir'],
      {
        cwd: folder,
        env: { PIP_INDEX_URL: 'https://fox:secret@mirror.example/simple' },
      },
    );
    expect(status).toBe(0);
    expect(stderr).toContain('from     https://mirror.example/simple/ (PIP_INDEX_URL)  732 MB to fetch\n');
    expect(stderr).toContain(`into     ${join(folder, 'cuda-dir')}  1.0 GB`);
    expect(stdout).toMatch(/^pip download /);
    for (const { project, version } of wheelsOf(CUDA_LIBRARIES)) expect(stdout).toContain(`${project}==${version}`);
    expect(stdout + stderr).not.toContain('secret');
    expect(existsSync(join(folder, 'cuda-dir'))).toBe(false);
  });

  test('an index without the wheels is a wrong call, and nothing stays', async () => {
    const index = await startIndex();
    try {
      const args = ['setup', 'cuda', '--no-toolkit', '--dir', 'cuda-dir', '--index-url', index.url];
      const { status, stderr } = await ftLens(args, { cwd: folder });
      expect(status).toBe(2);
      expect(sentences(stderr)).toEqual({
        error: 'The package index does not have what is needed.',
        got: 'status 404',
      });
      expect(readdirSync(folder).filter((name) => name.startsWith('cuda-dir'))).toEqual([]);
    } finally {
      await index.close();
    }
  });

  test('what is there already is left alone', async () => {
    const { status, stdout, stderr } = await ftLens(['setup', 'cuda', '--json'], {
      cwd: folder,
      env: fakeLibraries(folder),
    });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^ready {4}.+ {2}\(--force sets it up again\)\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'ft-lens.cuda', onnxruntime: '1.30.0' });
  });
});

test("ONNX Runtime's telemetry writes no file, whatever is run", async () => {
  const home = temporaryFolder();
  const places = {
    HOME: home,
    TMPDIR: join(home, 'tmp'),
    XDG_CACHE_HOME: join(home, 'cache'),
    XDG_CONFIG_HOME: join(home, 'config'),
  };
  for (const path of Object.values(places)) mkdirSync(path, { recursive: true });
  const runs = [
    READ,
    ['doctor', '--deep'],
    ['export', '--checkpoint', join(FIXTURES, 'tiny-published'), '--out', join(folder, 'again-int4'), '--quiet'],
  ];
  for (const args of runs) expect(await ftLens(args, { cwd: folder, env: places })).toMatchObject({ status: 0 });
  const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory());
  expect(files.map(({ name }) => name)).toEqual([]);
  rmSync(home, { recursive: true });
});
