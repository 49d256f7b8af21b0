import type { ExportHooks, ExportProgress } from '../export/progress.ts';
import { interruptSignal } from './interrupt.ts';
import type { Progress } from './progress.ts';
import { formatBytes, formatDuration } from './units.ts';

/** Time before an estimate of the rest means anything, in ms. */
const FIRST_ESTIMATE_MS = 3_000;

/** What an export or its reversal tells, as lines on stderr; an interruption of the program stops it. */
export function exportHooks(progress: Progress): ExportHooks {
  return {
    onProgress: exportProgress(progress),
    onNotice({ level, text }) {
      if (level === 'warning') progress.warning(text);
      else progress.done(level, text);
    },
    signal: interruptSignal,
  };
}

/** Shows how far the work has come: layer, bytes, and the time left at the speed so far. */
function exportProgress(progress: Progress): (event: ExportProgress) => void {
  let phase: ExportProgress['phase'] | undefined;
  let start = 0;
  let bytesAtStart = 0;
  return (event) => {
    const { layer, layers, bytes, totalBytes } = event;
    if (event.phase !== phase) {
      phase = event.phase;
      start = performance.now();
      // Of a resumed export, most bytes may be there already.
      bytesAtStart = bytes;
    }
    const elapsed = performance.now() - start;
    if (bytes >= totalBytes)
      return progress.done(event.phase, `${formatBytes(totalBytes)}  ${formatDuration(elapsed)}`);
    const msPerByte = elapsed / (bytes - bytesAtStart);
    const estimate = elapsed > FIRST_ESTIMATE_MS && Number.isFinite(msPerByte);
    const parts = [
      ...(layer === undefined ? [] : [`layer ${layer}/${layers}`]),
      `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`,
      ...(estimate ? [`${formatDuration(msPerByte * (totalBytes - bytes))} left`] : []),
    ];
    progress.status(event.phase, parts.join('  '));
  };
}
