import { setTimeout as wait } from 'node:timers/promises';
import { ConnectionError } from './http.ts';

/** Waits between attempts in ms; their number is the number of further attempts. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000];

/**
 * Does something again while its connection fails. Whoever gets on a little each time is not given up: `progressed`
 * tells after a failure whether the counting starts anew.
 */
export async function withAttempts<Result>(
  attempt: () => Promise<Result>,
  { signal, progressed = () => false, pausesMs = PAUSES_MS }: AttemptOptions = {},
): Promise<Result> {
  let failures = 0;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      failures = progressed() ? 1 : failures + 1;
      const pause = pausesMs[failures - 1];
      if (pause === undefined) throw error;
      await wait(pause, undefined, { signal }).catch(() => signal?.throwIfAborted());
    }
  }
}

export interface AttemptOptions {
  readonly signal?: AbortSignal | undefined;
  readonly progressed?: () => boolean;
  readonly pausesMs?: readonly number[] | undefined;
}
