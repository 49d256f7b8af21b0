import { setImmediate } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { onceLoaded, type ProgressEvent } from '../../src/analysis/progress.ts';

const event = (type: 'start' | 'done', phase: 'load' | 'forward'): ProgressEvent =>
  ({ type, phase, model: 'base', detail: '', ms: 0 }) as ProgressEvent;

test('onceLoaded calls once, after the first load, and passes every event on', async () => {
  const events = [event('start', 'load'), event('done', 'load'), event('start', 'forward'), event('done', 'load')];
  const seen: ProgressEvent[] = [];
  const work = vi.fn(() => Promise.reject(new Error('is met by whoever asks again')));
  const hooks = onceLoaded({ onProgress: (one) => seen.push(one) }, work);
  hooks.onProgress?.(events[0] as ProgressEvent);
  await setImmediate();
  expect(work).not.toHaveBeenCalled();
  for (const one of events.slice(1)) hooks.onProgress?.(one);
  // Whoever tells of the load goes on first.
  expect(work).not.toHaveBeenCalled();
  await setImmediate();
  expect(work).toHaveBeenCalledOnce();
  expect(seen).toEqual(events);
});
