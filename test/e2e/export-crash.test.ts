import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type * as ExportModel from '../../src/export/export-model.ts';
import type { ExportHooks } from '../../src/export/progress.ts';
import { built } from '../helpers/built.ts';
import { FIXTURES, ftLens, temporaryFolder } from '../helpers/cli.ts';

const { exportModel } = await built<typeof ExportModel>('export/export-model.js');
const checkpoint = join(FIXTURES, 'tiny-published');
const adapters = join(FIXTURES, 'adapters/tiny-published');

const folder = temporaryFolder();
const reference = join(folder, 'reference');
const script = join(folder, 'slow-export.mjs');
beforeAll(async () => {
  writeFileSync(script, SLOW_EXPORT);
  await exportModel({ checkpoint, out: reference });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** An export as a process of its own that rests after each step, so that there is time to meet it half-way. */
const SLOW_EXPORT = `
import { exportModel } from ${JSON.stringify(new URL('../../dist/export/export-model.js', import.meta.url).href)};
const clock = new Int32Array(new SharedArrayBuffer(4));
const onProgress = () => {
  process.stdout.write('.');
  Atomics.wait(clock, 0, 0, 8);
};
await exportModel(JSON.parse(process.argv[2]), { onProgress });
`;

async function slowExport(request: ExportModel.ExportRequest): Promise<ChildProcess> {
  const child = spawn(process.execPath, [script, JSON.stringify(request)], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

/** Begins an export and kills it once some of its weights are written. */
async function killHalfWay(request: ExportModel.ExportRequest): Promise<void> {
  const child = await slowExport(request);
  const journal = join(`${request.out}.partial`, 'journal.jsonl');
  await expect.poll(() => readFileSync(journal, 'utf8').split('\n').length, { timeout: 30_000 }).toBeGreaterThan(5);
  await kill(child);
}

/** Runs the same export to its end, in this process. */
async function finish(request: ExportModel.ExportRequest, onProgress?: ExportHooks['onProgress']): Promise<string[]> {
  const notices: string[] = [];
  await exportModel(request, {
    ...(onProgress && { onProgress }),
    onNotice: ({ text }) => notices.push(text),
  });
  return notices;
}

function expectSameFiles(out: string, expected: string, when: string): void {
  expect(readdirSync(out), when).toEqual(readdirSync(expected));
  for (const name of readdirSync(out)) {
    expect(readFileSync(join(out, name)).equals(readFileSync(join(expected, name))), `${name}, ${when}`).toBe(true);
  }
}

/** Uniform in [0, 1): mulberry32 by Tommy Ettinger (public domain). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('an export that is killed', () => {
  test('at ten random moments goes on each time, and ends with the same bytes', async () => {
    const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
    const random = randomNumbers(seed);
    const start = performance.now();
    const whole = await slowExport({ checkpoint, out: join(folder, 'timed'), threads: 1 });
    await once(whole, 'exit');
    const duration = performance.now() - start;
    let resumed = 0;
    for (let round = 1; round <= 10; round++) {
      const request = { checkpoint, out: join(folder, `killed-${round}`), threads: 1 };
      const moment = random() * duration;
      const when = `SEED=${seed}, round ${round}, killed after ${moment.toFixed(0)} of ${duration.toFixed(0)} ms`;
      const child = await slowExport(request);
      await wait(moment);
      await kill(child);
      // Towards the end, the kill may come too late.
      if (!existsSync(request.out)) {
        const notices = await finish(request);
        expect(
          notices.filter((notice) => !notice.startsWith('Going on')),
          when,
        ).toEqual([]);
        resumed += notices.length;
      }
      expectSameFiles(request.out, reference, when);
      expect(existsSync(`${request.out}.partial`) && readdirSync(`${request.out}.partial`), when).toBe(false);
    }
    console.log(`killed an export at ten moments, ${resumed} times with weights to go on from; SEED=${seed}`);
    expect(resumed).toBeGreaterThan(0);
  });

  test('is gone on with by the command line, which says so', async () => {
    const out = join(folder, 'by-hand');
    await killHalfWay({ checkpoint, out });
    expect(readdirSync(`${out}.partial`).sort()).toEqual(['journal.jsonl', 'lock.1', 'unfinished']);
    const { status, stderr } = await ftLens(['export', '--checkpoint', checkpoint, '--out', out]);
    expect(stderr).toMatch(/^resume {3}.+$/m);
    expect(stderr).toMatch(/^note {5}Going on where an earlier run ended: \d+ of 36 weights are there\.$/m);
    expect(status).toBe(0);
    expectSameFiles(out, reference, 'by hand');
  });

  test('while it replaces another one leaves that as it is', async () => {
    const request = { checkpoint, out: join(folder, 'replaced'), headBits: 8, force: true } as const;
    await exportModel({ checkpoint, out: request.out });
    await killHalfWay(request);
    expectSameFiles(request.out, reference, 'before it is replaced');
    expect(await finish(request)).toEqual([expect.stringMatching(/^Going on/)]);
    const { quantization } = JSON.parse(readFileSync(join(request.out, 'manifest.json'), 'utf8'));
    expect(quantization.headBits).toBe(8);
    expect(existsSync(`${request.out}.partial`)).toBe(false);
  });

  test('begins again with another adapter, and says so', async () => {
    const out = join(folder, 'other-adapter');
    await killHalfWay({ checkpoint, adapter: join(adapters, 'attention'), out });
    const again = ['export', '--checkpoint', checkpoint, '--adapter', join(adapters, 'drowned'), '--out', out];
    const { status, stderr } = await ftLens(again);
    expect(stderr).toMatch(
      /^warning {2}What an earlier run left in .+ is not used: it was made with another adapter\./m,
    );
    expect(status).toBe(0);
    const undisturbed = join(folder, 'other-adapter-undisturbed');
    await exportModel({ checkpoint, adapter: join(adapters, 'drowned'), out: undisturbed });
    expectSameFiles(out, undisturbed, 'another adapter');
  });
});

describe('two exports into one folder', () => {
  test('the second is told of the first, and the first is not disturbed', async () => {
    const out = join(folder, 'contested');
    const first = await slowExport({ checkpoint, out });
    first.kill('SIGSTOP');
    const second = await ftLens(['export', '--checkpoint', checkpoint, '--out', out]);
    expect(second.status).toBe(2);
    expect(second.stderr).toMatch(/^error {2}Another process is writing this folder\. +exit 2$/m);
    expect(second.stderr).toContain(`process ${first.pid} on `);
    const exit = once(first, 'exit');
    first.kill('SIGCONT');
    expect(await exit).toEqual([0, null]);
    expectSameFiles(out, reference, 'the first of two');
  });

  test('that begin at the same moment end with one of them, or tell each other', async () => {
    const out = join(folder, 'raced');
    const race = await Promise.all([1, 2, 3].map(() => ftLens(['export', '--checkpoint', checkpoint, '--out', out])));
    const outcomes = race.map(({ status, stderr }) => `${status} ${/^error {2}(.+?) {2}/m.exec(stderr)?.[1] ?? ''}`);
    for (const outcome of outcomes) {
      expect(outcome).toMatch(/^(0 |2 Another process is writing this folder\.|2 The output folder exists already\.)$/);
    }
    if (outcomes.includes('0 ')) expectSameFiles(out, reference, 'the winner');
  });
});

describe('a full disk', () => {
  /** A disk of its own, if this machine lets us make one. */
  function tinyDisk(name: string, size: string): string | undefined {
    const path = join(folder, name);
    mkdirSync(path);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
      return path;
    } catch {
      return undefined;
    }
  }

  test('is an error before anything is written', async ({ skip }) => {
    const disk = tinyDisk('small-disk', '256k');
    if (disk === undefined) return skip('no right to mount a file system');
    try {
      const { status, stderr } = await ftLens(['export', '--checkpoint', checkpoint, '--out', join(disk, 'out')]);
      expect(stderr).toMatch(/^error {2}There is not enough room on the disk\. +exit 3$/m);
      expect(stderr).toMatch(/expected +[\d,]{7,} bytes free +got +[\d,]{6,} bytes free/);
      expect(status).toBe(3);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test('half-way leaves what there is, and the same command goes on', async ({ skip }) => {
    const disk = tinyDisk('filling-disk', '2m');
    if (disk === undefined) return skip('no right to mount a file system');
    const request = { checkpoint, out: join(disk, 'out') };
    const filler = join(disk, 'filler');
    let events = 0;
    const fill = (): void => {
      if (++events !== 20) return;
      try {
        for (;;) appendFileSync(filler, new Uint8Array(4096));
      } catch {
        // full
      }
    };
    try {
      await expect(finish(request, fill)).rejects.toMatchObject({ message: 'The disk is full.', exitCode: 3 });
      rmSync(filler);
      expect(await finish(request)).toEqual([expect.stringMatching(/^Going on where an earlier run ended/)]);
      expectSameFiles(request.out, reference, 'after a full disk');
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  test.runIf(existsSync('/dev/full'))('has the same exit code for a report', async () => {
    const { status, stderr } = await ftLens(['analyze', '--token-ids', '275', '--base', reference, '-o', '/dev/full']);
    expect(stderr).toMatch(/^error {2}The disk is full\. +exit 3$/m);
    expect(status).toBe(3);
  });
});

describe('a place where nothing can be written', () => {
  test.each([
    ['below a file', join(import.meta.filename, 'out'), 'A part of this path is a file, not a folder.'],
    ['below /proc', '/proc/ft-lens/out', 'There is no such folder, and none can be made here.'],
  ])('is a wrong call: %s', async (_, out, message) => {
    const { status, stderr } = await ftLens(['export', '--checkpoint', checkpoint, '--out', out]);
    expect(stderr).toContain(`error  ${message}`);
    expect(stderr).toMatch(/^ {2}do +\w/m);
    expect(status).toBe(2);
  });
});
