import { FtLensError } from '../errors.ts';

const INTERRUPTED_EXIT_CODE = 130;
/** How long a command may take to stop by itself after a signal, in ms. */
const GRACE_MS = 250;

const controller = new AbortController();
const cleanups = new Set<() => void>();
let giveUp: (reason: unknown) => void;

/** Aborted when the user interrupts the program; its reason is the error that ends the command. */
export const interruptSignal: AbortSignal = controller.signal;

/** Rejects with that reason when the command goes on for longer than the grace period. */
export const outOfPatience = new Promise<never>((_, reject) => {
  giveUp = reject;
});
// Whoever waits for it is told; the signal may come before anybody does.
outOfPatience.catch(() => undefined);

/** Registers what must be done at once, synchronously, when the program is interrupted. Returns how to take it back. */
export function onInterrupt(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * SIGINT, SIGTERM and SIGHUP end the running command through {@link interruptSignal}. A second signal ends the process
 * at once.
 */
export function handleInterrupts(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
}

/** Ends the process, whatever is still open. Listeners of its 'exit' end the engine. */
export function exitInterrupted(): never {
  process.exit(INTERRUPTED_EXIT_CODE);
}

function interrupt(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
  if (interruptSignal.aborted) exitInterrupted();
  const reason = new FtLensError('Interrupted.', { kind: 'interrupted' });
  controller.abort(reason);
  setTimeout(() => giveUp(reason), GRACE_MS);
}
