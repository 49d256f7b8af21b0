import { runInNewContext } from 'node:vm';

/**
 * Runs work whose length follows from what a stranger wrote, and breaks it off when it takes too long: only a function
 * that node:vm calls can be interrupted in the middle.
 * @param tooLong the error then
 */
export function withinTime<T>(milliseconds: number, work: () => T, tooLong: (cause: unknown) => Error): T {
  try {
    return runInNewContext('work()', { work }, { timeout: milliseconds }) as T;
  } catch (cause) {
    if (!isTimeOut(cause)) throw cause;
    throw tooLong(cause);
  }
}

function isTimeOut(error: unknown): boolean {
  // It comes from another context, where Error is another class.
  return (
    typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
