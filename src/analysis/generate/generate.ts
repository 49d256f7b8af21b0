import { tokenCount } from '../../report/numbers.ts';
import type { Engine } from '../engine/engine.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import { type AnalyzeHooks, runPhase, type Side } from '../progress.ts';
import type { LensSettings } from '../reading/lens-job.ts';
import type { SidedModel } from '../reading/read-backbones.ts';
import { type ModelReadings, readModels } from '../reading/read-models.ts';
import { DecoderSession } from './decoder-session.ts';
import type { GenerationPlan } from './plan-generation.ts';
import { type Continuation, writeOn } from './write-on.ts';

export interface GenerationJob {
  /** base first */
  readonly models: readonly SidedModel[];
  readonly ids: readonly number[];
  readonly settings: LensSettings;
  readonly options: SessionOptions;
}

/** A continuation of the prompt, and what every model makes of it. */
export interface ReadContinuation {
  /** which model wrote it; both, when they write the same */
  readonly by: 'base' | 'ft' | 'both';
  readonly continuation: Continuation;
  /** at the positions whose states chose the tokens; `chosen` are these tokens */
  readonly readings: ModelReadings;
}

/** What one model wrote, and how long it took. */
export interface Writing {
  readonly side: Side;
  readonly continuation: Continuation;
  readonly timing: { readonly loadMs: number; readonly writeMs: number };
}

export interface Generation {
  readonly requested: number;
  /** by model, base first */
  readonly writings: readonly Writing[];
  /** without repetition */
  readonly continuations: readonly ReadContinuation[];
}

/** Lets each model write on; then every model reads every continuation, all of its tokens at once. */
export async function generate(
  engine: Engine,
  plan: GenerationPlan,
  job: GenerationJob,
  hooks: AnalyzeHooks,
): Promise<Generation> {
  const writings: Writing[] = [];
  for (const model of job.models) writings.push(await write(engine, plan, model, job, hooks));
  const [base, ft] = writings.map(({ continuation }) => continuation) as [Continuation, Continuation?];
  const continuations: ReadContinuation[] = [];
  for (const text of textsOf(base, ft)) {
    const readings = await readContinuation(engine, text.continuation, job, about(text, hooks));
    continuations.push({ ...text, readings });
  }
  return { requested: plan.length, writings, continuations };
}

async function write(
  engine: Engine,
  { length, endOfText }: GenerationPlan,
  { side, model }: SidedModel,
  { ids, options }: GenerationJob,
  hooks: AnalyzeHooks,
): Promise<Writing> {
  const loading = { phase: 'load', model: side, detail: `${model.name}, to write` } as const;
  const { result: decoder, ms: loadMs } = await runPhase(hooks, loading, () =>
    DecoderSession.load(engine, model, options),
  );
  const writing = { phase: 'write', model: side, detail: `up to ${tokenCount(length)}` } as const;
  const { result: continuation, ms: writeMs } = await runPhase(hooks, writing, (phase) =>
    writeOn(
      (unread) => decoder.read(unread),
      ids,
      { length, context: model.config.maxPositions, endOfText: endOfText.get(side) ?? new Set() },
      (count) => phase.step(`${count} of ${tokenCount(length)}`),
    ),
  );
  await decoder.release();
  return { side, continuation, timing: { loadMs, writeMs } };
}

/** The state at a position chooses the next token: the last token of a continuation is chosen and never read. */
function readContinuation(
  engine: Engine,
  { tokens: written }: Continuation,
  { models, ids, settings, options }: GenerationJob,
  hooks: AnalyzeHooks,
): Promise<ModelReadings> {
  const chosen = written.map(({ id }) => id);
  const [base, ft] = models as [SidedModel, SidedModel?];
  const job = {
    base: base.model,
    ft: ft?.model,
    ids: [...ids, ...chosen.slice(0, -1)],
    positions: chosen.map((_, i) => ids.length - 1 + i),
    chosen,
    settings,
    options,
    selfTest: false,
  };
  return readModels(engine, job, hooks);
}

type Text = Pick<ReadContinuation, 'by' | 'continuation'>;

/** What was written, without repetition. */
function textsOf(base: Continuation, ft: Continuation | undefined): Text[] {
  if (ft === undefined) return [{ by: 'base', continuation: base }];
  if (isSame(base, ft)) return [{ by: 'both', continuation: base }];
  return [
    { by: 'base', continuation: base },
    { by: 'ft', continuation: ft },
  ];
}

/** Progress that says which text is read. */
function about({ by }: Text, { onProgress, ...hooks }: AnalyzeHooks): AnalyzeHooks {
  const text = { base: "base's continuation", ft: "the fine-tune's continuation", both: 'the continuation' }[by];
  return {
    ...hooks,
    onProgress: (event) =>
      onProgress?.('detail' in event && 'phase' in event ? { ...event, detail: `${event.detail}, ${text}` } : event),
  };
}

function isSame(a: Continuation, b: Continuation): boolean {
  return (
    a.stoppedBy === b.stoppedBy &&
    a.tokens.length === b.tokens.length &&
    a.tokens.every(({ id }, i) => id === b.tokens[i]?.id)
  );
}
