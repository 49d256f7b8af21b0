/** How far an export or its reversal has come. Events of a phase come in order; `bytes` reaches `totalBytes`. */
export interface ExportProgress {
  /**
   * `resume`: reading again what an earlier run has written; `weights`: encoding or decoding them; `check`: hashes of
   * files that are read.
   */
  readonly phase: 'resume' | 'weights' | 'check';
  /** Counts from 1; undefined outside the layers. */
  readonly layer: number | undefined;
  readonly layers: number;
  readonly bytes: number;
  readonly totalBytes: number;
}

/** Something that the user should know, in whole sentences. */
export interface ExportNotice {
  readonly level: 'note' | 'warning';
  readonly text: string;
}

export interface ExportHooks {
  onProgress?(event: ExportProgress): void;
  onNotice?(notice: ExportNotice): void;
  /** Stops the work at the next chunk; the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}
