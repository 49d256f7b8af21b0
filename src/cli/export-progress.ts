import type { ExportProgress } from '../export/progress.ts';
import type { Progress } from './progress.ts';
import { formatBytes, formatDuration } from './units.ts';

/** Time before an estimate of the rest means anything, in ms. */
const FIRST_ESTIMATE_MS = 3_000;

/** Shows how far an export or its reversal has come: layer, bytes, and the time left at the speed so far. */
export function exportProgress(progress: Progress): (event: ExportProgress) => void {
  let phase: ExportProgress['phase'] | undefined;
  let start = 0;
  return (event) => {
    if (event.phase !== phase) {
      phase = event.phase;
      start = performance.now();
    }
    const { layer, layers, bytes, totalBytes } = event;
    const elapsed = performance.now() - start;
    if (bytes >= totalBytes)
      return progress.done(event.phase, `${formatBytes(totalBytes)}  ${formatDuration(elapsed)}`);
    const estimate = elapsed > FIRST_ESTIMATE_MS && bytes > 0;
    const parts = [
      ...(layer === undefined ? [] : [`layer ${layer}/${layers}`]),
      `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
      ...(estimate ? [`${formatDuration((elapsed / bytes) * (totalBytes - bytes))} left`] : []),
    ];
    progress.status(event.phase, parts.join('  '));
  };
}
