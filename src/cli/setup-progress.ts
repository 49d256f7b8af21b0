import type { InstallProgress } from '../setup/cuda/install-options.ts';
import type { Progress } from './progress.ts';
import { formatBytes, formatDuration } from './units.ts';

/** Time before an estimate of the rest means anything, in ms. */
const FIRST_ESTIMATE_MS = 2_000;

/** Shows how far a setup has come: bytes over all files of the step, what is at hand, and the time left to fetch. */
export function setupProgress(progress: Progress): (event: InstallProgress) => void {
  const start = performance.now();
  let inherited: number | undefined;
  return ({ step, detail, bytes, totalBytes }) => {
    // What an earlier run has fetched says nothing about the speed of this one.
    if (step === 'fetch') inherited ??= bytes;
    const elapsed = performance.now() - start;
    const fetched = bytes - (inherited ?? 0);
    const estimate = step === 'fetch' && elapsed > FIRST_ESTIMATE_MS && fetched > 0;
    const left = estimate ? `  ${formatDuration((elapsed / fetched) * (totalBytes - bytes))} left` : '';
    progress.status(step, `${formatBytes(bytes)} of ${formatBytes(totalBytes)}  ${detail}${left}`);
  };
}
