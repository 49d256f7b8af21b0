import { writeFileSync } from 'node:fs';
import { fuzz } from '../../test/fuzz/target.ts';
import { ALL_TARGETS } from '../../test/fuzz/targets.ts';

/** What one batch of damaged files came to. */
export interface Batch {
  readonly seed: number;
  readonly tried: number;
  readonly accepted: number;
  readonly refusals: readonly string[];
  /** base64, and the error with its stack */
  readonly failure: { readonly file: string; readonly error: string } | undefined;
}

/** Sent now and then, between two files. */
export type Alive = 'alive';

const BATCH = 200;
const ALIVE_EVERY_MS = 5_000;

const [name, firstSeed, milliseconds, current] = process.argv.slice(2) as [string, string, string, string];
const target = ALL_TARGETS.find((candidate) => candidate.name === name);
if (target === undefined) throw new Error(`There is no kind of file ${name}.`);

const end = performance.now() + Number(milliseconds);
let told = performance.now();
for (let seed = Number(firstSeed); performance.now() < end; seed++) {
  const result = await fuzz(target, { seed, runs: target.batch ?? BATCH, onFile: begin });
  const { tried, accepted, refusals, failure } = result;
  const batch: Batch = {
    seed,
    tried,
    accepted,
    refusals: [...refusals.keys()],
    failure: failure && { file: Buffer.from(failure.file).toString('base64'), error: described(failure.error) },
  };
  process.send?.(batch);
}
process.disconnect();

/** The parent finds the file that this process hangs on, or dies of. */
function begin(file: Uint8Array): void {
  writeFileSync(current, file);
  if (performance.now() - told < ALIVE_EVERY_MS) return;
  told = performance.now();
  process.send?.('alive' satisfies Alive);
}

function described(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return (error.stack ?? error.message) + (error.cause === undefined ? '' : `\ncaused by ${described(error.cause)}`);
}
