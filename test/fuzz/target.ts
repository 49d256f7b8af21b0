import * as fc from 'fast-check';
import { errorBlock } from '../../src/cli/error-block.ts';
import { FtLensError } from '../../src/errors.ts';
import { isObeyed } from './obeyed.ts';

/** A kind of file that strangers make, and what ft-lens does with it. */
export interface FuzzTarget {
  /** Also the name of its folder in cases/. */
  readonly name: string;
  /** Files that must be read. */
  readonly valid: readonly Uint8Array[];
  /** Such files, damaged. */
  readonly damaged: fc.Arbitrary<Uint8Array>;
  /** Reads a file as ft-lens does, and checks what it got, if it got something. */
  read(file: Uint8Array): void | Promise<void>;
  /** Exit codes that a refusal may have. Defaults to 2 alone: a wrong file. */
  readonly exitCodes?: readonly number[];
  /** Files tried in one go; fewer when each takes long. Defaults to 200. */
  readonly batch?: number;
}

/** CPU time, not time of the clock: tests run beside each other. */
const CPU_LIMIT_MS = 1_000;

/**
 * Reads a file. Either it is accepted, or refused by an error for people.
 * @returns the refusal; undefined when the file was accepted
 * @throws any other error, or one about a refusal that took too long or would reach a terminal raw
 */
export async function tryFile(target: FuzzTarget, file: Uint8Array): Promise<FtLensError | undefined> {
  const before = process.cpuUsage();
  const refusal = await refusalOf(target, file);
  const { user, system } = process.cpuUsage(before);
  const milliseconds = (user + system) / 1_000;
  if (milliseconds > CPU_LIMIT_MS) throw new Error(`It took ${milliseconds.toFixed(0)} ms of CPU time.`);
  if (refusal === undefined) return undefined;
  if (!(target.exitCodes ?? [2]).includes(refusal.exitCode))
    throw new Error(`A wrong file ended with exit code ${refusal.exitCode}.`, { cause: refusal });
  if (isObeyed(errorBlock(refusal, { colour: false, width: 100, verbose: false })))
    throw new Error('Text of the file would reach the terminal raw.', { cause: refusal });
  return refusal;
}

/** What became of many damaged files. */
export interface FuzzResult {
  readonly tried: number;
  readonly accepted: number;
  /** How often each sentence was the answer. */
  readonly refusals: ReadonlyMap<string, number>;
  /** The smallest file found that was answered wrongly. */
  readonly failure: { readonly file: Uint8Array; readonly error: unknown } | undefined;
}

/** Tries damaged files, the same ones for the same seed. @param onFile called before each is tried */
export async function fuzz(
  target: FuzzTarget,
  {
    seed,
    runs,
    onFile,
  }: { readonly seed: number; readonly runs: number; readonly onFile?: (file: Uint8Array) => void },
): Promise<FuzzResult> {
  let tried = 0;
  let accepted = 0;
  const refusals = new Map<string, number>();
  const property = fc.asyncProperty(target.damaged, async (file) => {
    onFile?.(file);
    tried += 1;
    const refusal = await tryFile(target, file);
    if (refusal === undefined) accepted += 1;
    else refusals.set(refusal.message, (refusals.get(refusal.message) ?? 0) + 1);
  });
  const details = await fc.check(property, { seed, numRuns: runs });
  const failure = details.failed ? { file: details.counterexample![0], error: details.errorInstance } : undefined;
  return { tried, accepted, refusals, failure };
}

async function refusalOf(target: FuzzTarget, file: Uint8Array): Promise<FtLensError | undefined> {
  try {
    await target.read(file);
    return undefined;
  } catch (error) {
    if (error instanceof FtLensError) return error;
    // The built program has a class of its own.
    if (error instanceof Error && error.name === 'FtLensError')
      return new FtLensError(error.message, error as FtLensError);
    throw error;
  }
}
