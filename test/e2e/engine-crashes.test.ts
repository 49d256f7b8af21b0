import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { type EndedRun, WatchedRun } from '../helpers/watched-run.ts';

const root = temporaryFolder();
const model = join(import.meta.dirname, '../../models/base-int4');
// Long enough that the engine is busy for a while.
const TOKENS = Array.from({ length: 250 }, (_, i) => (i * 37 + 5) % 4_000).join(',');

/** Begins an analysis; its engine is there, and has perhaps begun to work. */
async function withEngine(delayMs: number): Promise<{ readonly run: WatchedRun; readonly engine: number }> {
  const run = new WatchedRun(root, ['analyze', '--token-ids', TOKENS, '--positions', 'all', '--base', model]);
  await run.until(() => run.startedProcesses().length > 0);
  await wait(delayMs);
  const [engine] = run.startedProcesses();
  expect(engine, 'the engine has ended before it could be disturbed').toBeDefined();
  return { run, engine: engine as number };
}

async function failed(run: WatchedRun): Promise<EndedRun> {
  const ended = await run.end();
  expect(ended).toMatchObject({ code: 3, stdout: '' });
  expect(ended.stderr.match(/^error {2}/gm)).toHaveLength(1);
  expect(run.startedProcesses()).toEqual([]);
  expect(run.strayFiles()).toEqual([]);
  return ended;
}

describe.runIf(process.platform === 'linux')('an engine that dies', () => {
  test.each([
    ['SIGSEGV', 0],
    ['SIGSEGV', 300],
    ['SIGABRT', 200],
    ['SIGBUS', 200],
  ] as const)('of %s, %i ms after its start, is an error and no hang', async (signal, delay) => {
    const { run, engine } = await withEngine(delay);
    process.kill(engine, signal);
    const { stderr } = await failed(run);
    expect(stderr).toMatch(/^error {2}The runtime crashed (while it started|on this model)\. +exit 3$/m);
    expect(stderr).toMatch(new RegExp(`^ {2}got +signal ${signal}$`, 'm'));
    expect(stderr).toMatch(/^ {2}do +\w/m);
  });

  test.each([0, 250])('because the system killed it, %i ms after its start, hints at memory', async (delay) => {
    const { run, engine } = await withEngine(delay);
    process.kill(engine, 'SIGKILL');
    const { stderr } = await failed(run);
    expect(stderr).toMatch(/^error {2}The runtime was killed, most likely for want of memory\. +exit 3$/m);
    expect(stderr).toMatch(/^ {2}do +end other programs, or ask for less at once/m);
  });

  test('for want of memory, says so', async ({ skip }) => {
    const { run, engine } = await withEngine(0);
    // All that it may still take is what the runtime has taken by now.
    const limit = spawnSync('prlimit', ['--pid', String(engine), '--data=60000000']);
    if (limit.status !== 0) {
      run.signal('SIGKILL', 'group');
      await run.end();
      return skip('no prlimit here');
    }
    const { stderr } = await failed(run);
    expect(stderr).toMatch(
      /^error {2}(The memory of this machine does not suffice|The runtime crashed while it started)\. +exit 3$/m,
    );
  });
});
