import type { ProgressEvent } from '../analysis/progress.ts';
import type { Progress } from './progress.ts';
import { formatDuration } from './units.ts';

/** Shows what an analysis is doing. */
export function showAnalysis(progress: Progress, event: ProgressEvent): void {
  switch (event.type) {
    case 'device':
      return progress.done('device', event.automatic ? `${event.device} (auto)` : event.device);
    case 'start':
    case 'step':
      return progress.status(event.model, `${event.phase}  ${event.detail}`);
    case 'done':
      return progress.done(event.model, `${event.phase}  ${event.detail}  ${formatDuration(event.ms)}`);
    case 'warning':
      return progress.warning(event.message);
    default:
      event satisfies never;
  }
}
