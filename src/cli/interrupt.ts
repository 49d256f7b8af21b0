import { FtLensError } from '../errors.ts';

const INTERRUPTED_EXIT_CODE = 130;
/** How long a command may take to stop by itself after a signal, in ms. */
const GRACE_MS = 2_000;

const controller = new AbortController();
const cleanups = new Set<() => void>();

/** Aborted when the user interrupts the program; its reason is the error that ends the command. */
export const interruptSignal: AbortSignal = controller.signal;

/** Registers what must be done at once, synchronously, when the program is interrupted. Returns how to take it back. */
export function onInterrupt(cleanup: () => void): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/**
 * SIGINT, SIGTERM and SIGHUP end the running command through {@link interruptSignal}. One that does not stop within the
 * grace period, or a second signal, ends the process at once: a native call cannot be interrupted from inside.
 */
export function handleInterrupts(): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
}

function interrupt(): void {
  for (const cleanup of cleanups) cleanup();
  cleanups.clear();
  if (interruptSignal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
  controller.abort(new FtLensError('Interrupted.', { kind: 'interrupted' }));
  setTimeout(() => process.exit(INTERRUPTED_EXIT_CODE), GRACE_MS).unref();
}
