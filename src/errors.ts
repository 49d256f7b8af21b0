/** What kind of failure this is; it decides the exit code (see {@link EXIT_CODES}). */
export type FailureKind = 'usage' | 'input' | 'device' | 'runtime' | 'interrupted';

/** Exit codes by kind of failure. 0 is success; 1 is a `--fail-on` rule, which is a result and not a failure. */
const EXIT_CODES: Readonly<Record<FailureKind, number>> = {
  usage: 2,
  input: 2,
  device: 3,
  runtime: 3,
  interrupted: 130,
};

export interface FailureDetails {
  readonly kind: FailureKind;
  /** Where it happened: an option, a file, a tensor, a layer. */
  readonly where?: string | undefined;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  /** What the reader can do about it: a command or a sentence. */
  readonly remedy?: string | undefined;
  readonly cause?: unknown;
}

/**
 * The only error ft-lens raises on purpose. `message` is one whole sentence that says what failed; everything else
 * stands in its own field, so that the terminal, a script and a test can each read what they need.
 * Any other error is a defect of ft-lens and keeps its stack.
 */
export class FtLensError extends Error {
  override readonly name = 'FtLensError';
  readonly kind: FailureKind;
  readonly where: string | undefined;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly remedy: string | undefined;

  constructor(message: string, details: FailureDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.kind = details.kind;
    this.where = details.where;
    this.expected = details.expected;
    this.got = details.got;
    this.remedy = details.remedy;
  }

  get exitCode(): number {
    return EXIT_CODES[this.kind];
  }
}

/** A wrong file or folder given by the user (exit code 2). */
export function inputError(message: string, details: Omit<FailureDetails, 'kind'> = {}): FtLensError {
  return new FtLensError(message, { ...details, kind: 'input' });
}

/** A wrong call: options or arguments that do not make sense (exit code 2). */
export function usageError(message: string, details: Omit<FailureDetails, 'kind'> = {}): FtLensError {
  return new FtLensError(message, { ...details, kind: 'usage' });
}

/** A device that was asked for and cannot be used (exit code 3). */
export function deviceError(message: string, details: Omit<FailureDetails, 'kind'> = {}): FtLensError {
  return new FtLensError(message, { ...details, kind: 'device' });
}

/** The machine or the native runtime failed (exit code 3). */
export function runtimeError(message: string, details: Omit<FailureDetails, 'kind'> = {}): FtLensError {
  return new FtLensError(message, { ...details, kind: 'runtime' });
}
