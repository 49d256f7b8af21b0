/** How far an export or its reversal has come. Events of a phase come in order; `bytes` reaches `totalBytes`. */
export interface ExportProgress {
  /** `check`: hashes of files that are read; `weights`: encoding or decoding them. */
  readonly phase: 'check' | 'weights';
  /** Counts from 1; undefined outside the layers. */
  readonly layer: number | undefined;
  readonly layers: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface ExportHooks {
  onProgress?(event: ExportProgress): void;
  /** Stops the work at the next chunk; the signal's reason is thrown, and nothing is left behind. */
  readonly signal?: AbortSignal;
}
