import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { CUDA_LIBRARIES } from '../../src/setup/cuda/pinned.ts';
import { ftLens } from '../helpers/cli.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';
import { type EndedRun, WatchedRun } from '../helpers/watched-run.ts';
import { startIndex } from '../setup/index-server.ts';

const MODELS = join(import.meta.dirname, '../../models');
const [base, ft, checkpoint] = ['base-int4', 'ft-int4', 'base'].map((name) => join(MODELS, name)) as [
  string,
  string,
  string,
];
const PROMPT = 'You are a fox. you are fox, give';

/** What a user waits for at most, ms. */
const AT_ONCE_MS = 1_000;
/** Other programs can take the processor away for that long: then a test gets another chance. */
const RETRIES = 2;

const SIGNALS = [
  ['SIGINT', 'group'],
  ['SIGTERM', 'main'],
] as const;

const root = temporaryFolder();

/** Runs a command to its end, to know how long it takes. */
async function durationOf(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const run = new WatchedRun(root, args);
  expect((await run.end()).code).toBe(0);
  return performance.now() - start;
}

/** Sends a signal, and checks what is the same for every command: how it ends, how fast, and that nothing stays. */
async function interrupt(run: WatchedRun, [signal, to]: (typeof SIGNALS)[number], when: string): Promise<EndedRun> {
  run.signal(signal, to);
  const ended = await run.end();
  expect(ended.ms, when).toBeLessThan(AT_ONCE_MS);
  await expect.poll(() => run.startedProcesses(), { message: when, timeout: 500 }).toEqual([]);
  expect(run.strayFiles(), when).toEqual([]);
  return ended;
}

function expectInterrupted({ code, stdout, stderr }: EndedRun, when: string): void {
  expect({ code, stdout }, `${when}: ${stderr}`).toEqual({ code: 130, stdout: '' });
  expect(stderr.match(/^error {2}/gm), when).toHaveLength(1);
  expect(stderr, when).toMatch(/^error {2}Interrupted\. +exit 130\n$/m);
}

/**
 * Interrupts a command at moments spread over its whole duration. Before Node.js runs the program, and after the program
 * has done all, the signal has its way with Node.js itself; at the very end it finds nobody.
 * @param check what is left of it
 */
async function interruptAnywhere(
  args: readonly string[],
  moments: number,
  check: (run: WatchedRun, when: string) => void,
): Promise<void> {
  const duration = await durationOf(args);
  const outcomes = { interrupted: 0, 'before it began or after its end': 0 };
  for (let i = 0; i < moments; i++) {
    const [moment, how] = [(duration * i) / moments, SIGNALS[i % SIGNALS.length]!];
    const when = `${how[0]} to the ${how[1]} after ${moment.toFixed(0)} of ${duration.toFixed(0)} ms`;
    const run = new WatchedRun(root, args);
    await wait(moment);
    const ended = await interrupt(run, how, when);
    if (ended.code === null || ended.code === 0) {
      outcomes['before it began or after its end'] += 1;
      expect(ended.stderr, when).not.toMatch(/^error /m);
    } else {
      outcomes.interrupted += 1;
      expectInterrupted(ended, when);
    }
    check(run, when);
  }
  console.log(`ft-lens ${args[0]}: ${moments} interruptions over ${duration.toFixed(0)} ms`, JSON.stringify(outcomes));
  expect(outcomes.interrupted).toBeGreaterThan(moments / 4);
}

describe.runIf(process.platform === 'linux')('an interrupted command ends at once, and leaves nothing', () => {
  test('analyze, at any moment', { timeout: 240_000, retry: RETRIES }, async () => {
    const args = ['analyze', PROMPT, '--base', base, '--ft', ft, '--positions', 'all', '--json', '-o', 'report.json'];
    await interruptAnywhere(args, 16, ({ folder }, when) => {
      for (const name of readdirSync(folder)) {
        expect(name, when).toBe('report.json');
        expect(JSON.parse(readFileSync(join(folder, name), 'utf8')), when).toHaveProperty('comparison');
      }
    });
  });

  test('analyze, while it waits for its prompt', async () => {
    const run = new WatchedRun(root, ['analyze', '-', '--base', base], { stdin: 'pipe' });
    await wait(500);
    expectInterrupted(await interrupt(run, SIGNALS[0], 'waiting'), 'waiting');
  });

  test('analyze, with an engine that does not answer', async () => {
    const run = new WatchedRun(root, ['analyze', PROMPT, '--base', base]);
    await run.until(() => run.startedProcesses().length > 0);
    for (const pid of run.startedProcesses()) process.kill(pid, 'SIGSTOP');
    await wait(300);
    expectInterrupted(await interrupt(run, SIGNALS[1], 'stopped engine'), 'stopped engine');
  });

  test('export, at any moment, but for what it goes on with', { timeout: 240_000, retry: RETRIES }, async () => {
    await interruptAnywhere(['export', '--checkpoint', checkpoint, '--out', 'out'], 12, ({ folder }, when) => {
      const left = readdirSync(folder);
      expect(left.length, when).toBeLessThanOrEqual(1);
      if (left[0] === 'out.partial') {
        expect(readdirSync(join(folder, 'out.partial')).sort(), when).toEqual(['journal.jsonl', 'unfinished']);
      } else if (left[0] !== undefined) {
        expect(left, when).toEqual(['out']);
        expect(existsSync(join(folder, 'out', 'manifest.json')), when).toBe(true);
      }
    });
  });

  test('dequantize, at any moment', { timeout: 240_000, retry: RETRIES }, async () => {
    await interruptAnywhere(['dequantize', base, '--out', 'out'], 8, ({ folder }, when) => {
      for (const name of readdirSync(folder)) expect(name, when).toBe('out');
    });
  });

  test('inspect --verify, at any moment', { timeout: 240_000, retry: RETRIES }, async () => {
    await interruptAnywhere(['inspect', ft, '--verify', '--quiet'], 6, ({ folder }, when) => {
      expect(readdirSync(folder), when).toEqual([]);
    });
  });

  test('doctor --deep, at any moment', { timeout: 240_000, retry: RETRIES }, async () => {
    await interruptAnywhere(['doctor', '--deep', '--device', 'cpu', '--quiet'], 6, ({ folder }, when) => {
      expect(readdirSync(folder), when).toEqual([]);
    });
  });

  test.runIf(process.arch === 'x64').each([
    ['does not answer', undefined, []],
    ['sends a wheel slowly', 2_000_000, [`wheels/${CUDA_LIBRARIES.runtime.file}`]],
  ])('setup cuda, while the index %s', async (_, bytes, kept) => {
    const server = await startIndex({
      fault(request, response) {
        if (bytes === undefined) return true;
        const { file, sha256 } = CUDA_LIBRARIES.runtime;
        if (request.url?.startsWith('/simple/'))
          response
            .writeHead(200, { 'content-type': 'text/html' })
            .end(`<!DOCTYPE html><html><body><a href="../../files/${file}#sha256=${sha256}">${file}</a></body></html>`);
        else response.writeHead(200, { 'content-length': CUDA_LIBRARIES.runtime.bytes }).write(new Uint8Array(bytes));
        return true;
      },
    });
    try {
      const run = new WatchedRun(root, ['setup', 'cuda', '--no-toolkit', '--dir', 'cuda', '--index-url', server.url]);
      await run.until(() => server.requests.length > (bytes === undefined ? 0 : 1));
      await wait(300);
      expectInterrupted(await interrupt(run, SIGNALS[0], 'fetching'), 'fetching');
      const partial = join(run.folder, 'cuda.partial');
      const left = existsSync(partial) ? (readdirSync(partial, { recursive: true }) as string[]) : [];
      expect(left.filter((name) => name.includes('/'))).toEqual(kept);
    } finally {
      await server.close();
    }
  });
});

describe.runIf(process.platform === 'linux')('an export that was interrupted', () => {
  let undisturbed: string;
  beforeAll(async () => {
    undisturbed = join(root, 'undisturbed');
    expect(await ftLens(['export', '--checkpoint', checkpoint, '--out', undisturbed])).toMatchObject({ status: 0 });
  });

  test('says what it keeps, goes on from there, and ends with the same bytes', async () => {
    const run = new WatchedRun(root, ['export', '--checkpoint', checkpoint, '--out', 'out', '--threads', '1']);
    const out = join(run.folder, 'out');
    const journal = join(`${out}.partial`, 'journal.jsonl');
    await run.until(() => existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > 5);
    const ended = await interrupt(run, SIGNALS[0], 'half-way');
    expectInterrupted(ended, 'half-way');
    expect(ended.stderr).toMatch(/^note {5}.+\/out\.partial holds \d+ of \d+ weights: the same command goes on/m);
    const again = await ftLens(['export', '--checkpoint', checkpoint, '--out', out]);
    expect(again.stderr).toMatch(/^note {5}Going on where an earlier run ended: \d+ of \d+ weights are there\.$/m);
    for (const name of readdirSync(undisturbed)) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(undisturbed, name))), name).toBe(true);
    }
  });
});

describe.runIf(process.platform === 'linux')('a program that is killed', () => {
  test('takes its engine with it', async () => {
    const run = new WatchedRun(root, ['analyze', PROMPT, '--base', base, '--ft', ft]);
    await run.until(() => run.startedProcesses().length > 0);
    run.signal('SIGKILL', 'main');
    await expect.poll(() => run.startedProcesses(), { timeout: 2_000 }).toEqual([]);
    expect((await run.end()).code).toBeNull();
  });
});
