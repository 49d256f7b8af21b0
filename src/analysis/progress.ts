/** One of the models that are read; a model read alone is the base, and `floor` is the base under another recipe. */
export type Side = 'base' | 'ft' | 'floor';

/** A model, or two or three of them together. */
type Subject = Side | 'both' | 'all';

type Phase =
  /** text to token ids */
  | 'tokenize'
  /** a graph and its weights into the runtime */
  | 'load'
  /** the prompt through the model */
  | 'forward'
  /** a continuation, token by token */
  | 'write'
  /** every layer through the head, and the statistics */
  | 'lens';

/** What an analysis is doing. Every phase that starts is done or the analysis fails. */
export type ProgressEvent =
  | {
      readonly type: 'device';
      readonly device: 'cpu' | 'cuda' | 'webgpu';
      /** whether `auto` chose it */
      readonly automatic: boolean;
      /** why it was chosen, or which card it is */
      readonly detail: string | undefined;
    }
  | { readonly type: 'start'; readonly phase: Phase; readonly model: Subject; readonly detail: string }
  | { readonly type: 'step'; readonly phase: Phase; readonly model: Subject; readonly detail: string }
  | {
      readonly type: 'done';
      readonly phase: Phase;
      readonly model: Subject;
      readonly detail: string;
      readonly ms: number;
    }
  | { readonly type: 'warning'; readonly message: string };

export interface AnalyzeHooks {
  onProgress?(event: ProgressEvent): void;
  /** Aborting it ends the analysis at once with an error of kind 'interrupted'. */
  readonly signal?: AbortSignal;
}

/** What a phase is about. */
interface PhaseSubject {
  readonly phase: Phase;
  readonly model: Subject;
  readonly detail: string;
}

/** A phase that has begun. */
export interface RunningPhase {
  /** Tells how far it is. */
  step(detail: string): void;
  /** Tells that it is over. @returns how long it took, in ms */
  done(): number;
}

/** Tells that a phase begins. */
export function startPhase(hooks: AnalyzeHooks, what: PhaseSubject): RunningPhase {
  hooks.onProgress?.({ type: 'start', ...what });
  const start = performance.now();
  return {
    step: (detail) => hooks.onProgress?.({ type: 'step', ...what, detail }),
    done() {
      const ms = performance.now() - start;
      hooks.onProgress?.({ type: 'done', ...what, ms });
      return ms;
    },
  };
}

/** Runs one phase, tells of its start and end, and gives its time in ms beside its result. */
export async function runPhase<Result>(
  hooks: AnalyzeHooks,
  what: PhaseSubject,
  work: (phase: RunningPhase) => Promise<Result>,
): Promise<{ result: Result; ms: number }> {
  const phase = startPhase(hooks, what);
  const result = await work(phase);
  return { result, ms: phase.done() };
}

/** Of so many models, all. */
export function everyone(models: number): 'base' | 'both' | 'all' {
  if (models === 1) return 'base';
  return models === 2 ? 'both' : 'all';
}

/** Calls when the first weights have been loaded: from then on this process mostly waits for the engine. */
export function onceLoaded(hooks: AnalyzeHooks, work: () => Promise<unknown>): AnalyzeHooks {
  let called = false;
  return {
    ...hooks,
    onProgress(event) {
      hooks.onProgress?.(event);
      if (called || event.type !== 'done' || event.phase !== 'load') return;
      called = true;
      // First the engine is given what it is to compute. Whoever needs what the work gives asks again, and meets its failure.
      setImmediate(() => void work().catch(() => undefined));
    },
  };
}
