import type { ProgressEvent } from '../analysis/progress.ts';
import type { Progress } from './progress.ts';
import { formatDuration } from './units.ts';

/** Shows what an analysis is doing. */
export function showAnalysis(progress: Progress, event: ProgressEvent): void {
  switch (event.type) {
    case 'device':
      return progress.done('device', deviceText(event));
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

/** `cpu`, `cuda (NVIDIA RTX 4090, 24.1 GB free)`, `cpu (auto: no CUDA libraries; ft-lens doctor tells why)` */
function deviceText({ device, automatic, detail }: Extract<ProgressEvent, { type: 'device' }>): string {
  const hint = automatic && device === 'cpu' ? '; ft-lens doctor tells why' : '';
  const reasons = [automatic ? 'auto' : undefined, detail && detail + hint].filter((part) => part !== undefined);
  return reasons.length === 0 ? device : `${device} (${reasons.join(': ')})`;
}
