import { loadAverage } from './machine.ts';
import { measure, type MeasuredRun, type Measurement } from './measure.ts';
import { median } from './median.ts';
import type { Subject } from './subjects.ts';

/** All runs of one subject. */
export interface Result {
  readonly subject: Subject;
  readonly runs: readonly (Measurement & { readonly loadAverage: number })[];
  /** Of each figure by itself. */
  readonly median: Measurement;
}

/**
 * Measures the subjects in turn, round after round, so that a machine that grows slower meanwhile does so for all.
 * Warm-up rounds fill the page cache and are not counted.
 */
export async function interleave(
  subjects: readonly Subject[],
  { rounds, warmUps = 1 }: { readonly rounds: number; readonly warmUps?: number },
  onRun: (subject: Subject, run: MeasuredRun, round: number) => void,
): Promise<Result[]> {
  const runs = subjects.map((): (Measurement & { loadAverage: number })[] => []);
  for (let round = 1 - warmUps; round <= rounds; round++) {
    for (const [i, subject] of subjects.entries()) {
      await subject.prepare?.();
      const before = loadAverage();
      const run = await measure(subject.command);
      onRun(subject, run, round);
      const { stdout: _, ...measurement } = run;
      if (round > 0) runs[i]!.push({ ...measurement, loadAverage: before });
    }
  }
  for (const subject of subjects) await subject.prepare?.();
  return subjects.map((subject, i) => ({ subject, runs: runs[i]!, median: medians(runs[i]!) }));
}

function medians(runs: readonly Measurement[]): Measurement {
  const of = (figure: keyof Measurement): number => median(runs.map((run) => run[figure]));
  return {
    wallSeconds: of('wallSeconds'),
    cpuSeconds: of('cpuSeconds'),
    peakAnonymousBytes: of('peakAnonymousBytes'),
    peakResidentBytes: of('peakResidentBytes'),
    readBytes: of('readBytes'),
  };
}
