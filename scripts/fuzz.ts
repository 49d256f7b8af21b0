/**
 * Damages files of every kind that ft-lens reads, as long as it is told to, and reads them. Every file must be read or
 * refused by an error for people, within a second of CPU time. A file that is not is written to test/fuzz/cases, where
 * the tests find it.
 *
 *     npm run fuzz -- --minutes 10
 *     npm run fuzz -- --minutes 5 --target onnx-graph --seed 7
 */
import { type ChildProcess, fork } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from '../test/fuzz/cases.ts';
import { ALL_TARGETS } from '../test/fuzz/targets.ts';
import type { Alive, Batch } from './fuzz/batch.ts';

/** A child that begins no other file for so long hangs. */
const SILENCE_MS = 120_000;
/** Heap of a child in MiB. */
const HEAP_MIB = 1_024;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    target: { type: 'string', multiple: true },
    seed: { type: 'string' },
  },
});

interface Total {
  tried: number;
  accepted: number;
  refusals: Set<string>;
  failures: string[];
}

const all = ALL_TARGETS.map(({ name }) => name);
const unknown = values.target?.find((name) => !all.includes(name));
if (unknown !== undefined) throw new Error(`There is no kind of file ${unknown}: take ${all.join(', ')}.`);
const names = all.filter((name) => values.target?.includes(name) ?? true);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const minutes = Number(values.minutes);
if (!Number.isSafeInteger(seed) || !(minutes > 0)) throw new Error('--seed is a whole number, --minutes more than 0.');
process.stderr.write(`seed ${seed}, ${minutes} minutes for ${names.length} kinds of file\n`);

const totals: [string, Total][] = [];
for (const name of names) totals.push([name, await fuzzKind(name, (minutes * 60_000) / names.length)]);
process.stdout.write(table(totals));
if (totals.some(([, { failures }]) => failures.length > 0)) process.exitCode = 1;

/** One kind of file, in a child that may hang or die. */
async function fuzzKind(name: string, milliseconds: number): Promise<Total> {
  const total: Total = { tried: 0, accepted: 0, refusals: new Set(), failures: [] };
  const end = performance.now() + milliseconds;
  const folder = mkdtempSync(join(tmpdir(), 'ft-lens-fuzz-'));
  try {
    for (let batchSeed = seed; performance.now() < end;) {
      const current = join(folder, 'current');
      const child = fork(
        new URL('./fuzz/batch.ts', import.meta.url),
        [name, String(batchSeed), String(end - performance.now()), current],
        {
          execArgv: ['--import', 'tsx', `--max-old-space-size=${HEAP_MIB}`],
        },
      );
      const ended = await follow(child, (batch) => {
        total.tried += batch.tried;
        total.accepted += batch.accepted;
        for (const sentence of batch.refusals) total.refusals.add(sentence);
        if (batch.failure) keep(name, Buffer.from(batch.failure.file, 'base64'), batch.failure.error, total);
        batchSeed = batch.seed + 1;
      });
      if (ended === undefined) continue;
      keep(name, readFileSync(current), ended, total);
      batchSeed += 1_000_003;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  process.stderr.write(
    `${name}: ${total.tried} files, ${total.refusals.size} different answers, ${total.failures.length} failures\n`,
  );
  return total;
}

/** @returns how the child failed; undefined when it ended as it should */
function follow(child: ChildProcess, onBatch: (batch: Batch) => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    let hung = false;
    const silent = (): void => {
      hung = true;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(silent, SILENCE_MS);
    child.on('message', (message: Batch | Alive) => {
      clearTimeout(timer);
      timer = setTimeout(silent, SILENCE_MS);
      if (message !== 'alive') onBatch(message);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve(undefined);
      else resolve(hung ? 'It did not end.' : `The process died: ${signal ?? `exit code ${code}`}.`);
    });
  });
}

/** Keeps a file that was answered wrongly as a case of the tests. */
function keep(name: string, file: Uint8Array, error: string, total: Total): void {
  const folder = join(CASES, name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash('sha256').update(file).digest('hex').slice(0, 12));
  writeFileSync(path, file);
  total.failures.push(path);
  process.stderr.write(`${path}\n${error}\n`);
}

function table(rows: readonly (readonly [string, Total])[]): string {
  const lines = rows.map(
    ([name, { tried, accepted, refusals, failures }]) =>
      `| ${name} | ${tried} | ${tried - accepted} | ${refusals.size} | ${failures.length} |`,
  );
  const tried = rows.reduce((sum, [, total]) => sum + total.tried, 0);
  return `| file | damaged files | refused | different answers | defects |\n|---|--:|--:|--:|--:|\n${lines.join('\n')}\n${tried} files in all\n`;
}
