import type { Holdings } from './resources.ts';

export interface Sample {
  readonly runs: number;
  readonly holdings: Holdings;
}

/** What may not grow at all, and what is measured in bytes: allocators and V8 keep some room for themselves. */
const COUNTED = ['threads', 'files', 'children', 'handles', 'listeners', 'leftFiles'] as const;

/**
 * Growth that counts as flat, bytes a run. A leak of one report (1 MB), tokenizer (10 MB) or graph would be far above;
 * the scatter between two samples, over some hundred runs, is below.
 */
const FLAT_BYTES_PER_RUN = { resident: 50_000, heap: 5_000 } as const;

/** Bytes a run, by least squares: one sample high or low does not decide. */
export function growthPerRun(samples: readonly Sample[], what: 'resident' | 'heap'): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const meanRuns = mean(({ runs }) => runs);
  const meanBytes = mean(({ holdings }) => holdings[what]);
  const covariance = mean(({ runs, holdings }) => (runs - meanRuns) * (holdings[what] - meanBytes));
  const variance = mean(({ runs }) => (runs - meanRuns) ** 2);
  return covariance / variance;
}

/** What grew, in words; nothing when all is flat. The first sample stands after the warm-up. */
export function growths(samples: readonly Sample[]): string[] {
  const [first, last] = [samples[0], samples.at(-1)] as [Sample, Sample];
  const counted = COUNTED.filter((what) => last.holdings[what] > first.holdings[what]).map(
    (what) => `${what} grew from ${first.holdings[what]} to ${last.holdings[what]}`,
  );
  const measured = (['resident', 'heap'] as const).flatMap((what) => {
    const growth = growthPerRun(samples, what);
    return growth <= FLAT_BYTES_PER_RUN[what] ? [] : [`${what} memory grows by ${Math.round(growth)} bytes a run`];
  });
  return [...counted, ...measured];
}
