/** One of the two models of a comparison; a model read alone is the base. */
export type Side = 'base' | 'ft';

export type Phase =
  /** text to token ids */
  | 'tokenize'
  /** a graph and its weights into the runtime */
  | 'load'
  /** the prompt through the model */
  | 'forward'
  /** every layer through the head, and the statistics */
  | 'lens';

/** What an analysis is doing. Every phase that starts is done or the analysis fails. */
export type ProgressEvent =
  | { readonly type: 'device'; readonly device: 'cpu'; /** whether `auto` chose it */ readonly automatic: boolean }
  | { readonly type: 'start'; readonly phase: Phase; readonly model: Side | 'both'; readonly detail: string }
  | { readonly type: 'step'; readonly phase: Phase; readonly model: Side | 'both'; readonly detail: string }
  | {
      readonly type: 'done';
      readonly phase: Phase;
      readonly model: Side | 'both';
      readonly detail: string;
      readonly ms: number;
    }
  | { readonly type: 'warning'; readonly message: string };

export interface AnalyzeHooks {
  onProgress?(event: ProgressEvent): void;
  /** Aborting it ends the analysis at once with an error of kind 'interrupted'. */
  readonly signal?: AbortSignal;
}

/** Runs one phase, tells of its start and end, and gives its time in ms beside its result. */
export async function runPhase<Result>(
  hooks: AnalyzeHooks,
  what: { readonly phase: Phase; readonly model: Side | 'both'; readonly detail: string },
  work: () => Promise<Result>,
): Promise<{ result: Result; ms: number }> {
  hooks.onProgress?.({ type: 'start', ...what });
  const start = performance.now();
  const result = await work();
  const ms = performance.now() - start;
  hooks.onProgress?.({ type: 'done', ...what, ms });
  return { result, ms };
}
