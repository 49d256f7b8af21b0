/**
 * Runs `analyze` of the public API hundreds of times in one process, with the demo pair: most runs do what they are
 * asked, some are interrupted, some are wrong calls, and all reports are rendered in every form. Says what the process
 * holds now and then, and fails when anything has grown. Needs Linux's /proc.
 *
 *     npm run soak
 *     npm run soak -- --runs 100
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { growthPerRun, growths, type Sample } from './soak/growth.ts';
import { holdings } from './soak/resources.ts';

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '500' }, every: { type: 'string', default: '25' } },
});
/** Code is compiled, and caches are filled, in the first runs. */
const WARM_UP_RUNS = 50;

const [runs, every] = [Number(values.runs), Number(values.every)];
// Growth needs two samples after the warm-up.
if (!(every > 0 && runs >= WARM_UP_RUNS + 2 * every))
  throw new Error('More --runs are needed to see whether anything grows.');
const folders = ['temporary', 'home'].map((name) => mkdtempSync(join(tmpdir(), `ft-lens-soak-${name}-`)));
[process.env['TMPDIR'], process.env['HOME']] = folders;
// A GPU of this machine, and libraries for it, are another matter.
process.env['FT_LENS_CUDA_DIR'] = join(folders[1] as string, 'cuda');
const { soakRun } = await import('./soak/work.ts');

const { signal } = new AbortController();
const samples: Sample[] = [];
const outcomes = { done: 0, refused: 0, interrupted: 0 };
const start = performance.now();
write(['runs', 'resident', 'heap', 'threads', 'files', 'children', 'handles', 'listeners', 'left files']);
for (let run = 1; run <= runs; run++) {
  outcomes[await soakRun(run, signal)] += 1;
  if (run % every !== 0) continue;
  const held = await holdings(signal, folders);
  if (run >= WARM_UP_RUNS) samples.push({ runs: run, holdings: held });
  const { resident, heap, ...counts } = held;
  write([run, `${megabytes(resident)} MB`, `${megabytes(heap)} MB`, ...Object.values(counts)]);
}
const found = growths(samples);
const seconds = Math.round((performance.now() - start) / 1_000);
process.stdout.write(
  [
    '',
    `${runs} runs in ${seconds} s: ${outcomes.done} done, ${outcomes.interrupted} interrupted, ${outcomes.refused} refused`,
    ...(['resident', 'heap'] as const).map((what) => `${what} memory: ${perHundred(what)} MB per 100 runs`),
    ...(found.length === 0 ? ['flat: nothing has grown'] : found),
    '',
  ].join('\n'),
);
for (const folder of folders) rmSync(folder, { recursive: true });
if (found.length > 0) process.exitCode = 1;

function perHundred(what: 'resident' | 'heap'): string {
  return ((growthPerRun(samples, what) * 100) / 1e6).toFixed(2);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function write(cells: readonly (string | number)[]): void {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(10)).join(' ')}\n`);
}
