import type { Engine } from '../engine/engine.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import type { Session } from '../engine/session.ts';
import type { AttentionReading, PairPositionReading } from '../lens/readings.ts';
import type { OpenModel } from '../model/open-model.ts';
import { type AnalyzeHooks, runPhase, type Side } from '../progress.ts';
import { chunksOf } from './chunks.ts';
import { type Chunk, LensReader, type LensSettings, loadHead, type ModelLogits } from './lens-reader.ts';
import { readAttention } from './read-attention.ts';
import type { PositionRows } from './row-outputs.ts';
import { type BackboneStates, loadBackbone, runBackbone } from './run-backbone.ts';
import { haveSameHead } from './same-head.ts';

export interface ReadingJob {
  readonly base: OpenModel;
  readonly ft: OpenModel | undefined;
  readonly ids: readonly number[];
  /** which positions to read, ascending */
  readonly positions: readonly number[];
  readonly settings: LensSettings;
  readonly options: SessionOptions;
}

/** What one model gave. */
export interface RawReading {
  readonly rows: PositionRows[];
  readonly states: BackboneStates;
  readonly attention: AttentionReading | undefined;
  readonly timing: { loadMs: number; forwardMs: number; lensMs: number };
}

export interface RawReadings {
  readonly base: RawReading;
  readonly ft: RawReading | undefined;
  /** empty for one model */
  readonly pair: PairPositionReading[];
}

/** One model while it is read. */
interface Subject extends RawReading {
  readonly side: Side;
  readonly model: OpenModel;
}

/**
 * Runs one or two models over the prompt. The backbones are loaded one after the other, so that only one set of
 * weights is in memory; then their states go through the heads together.
 */
export async function readModels(engine: Engine, job: ReadingJob, hooks: AnalyzeHooks): Promise<RawReadings> {
  const base = await readBackbone(engine, 'base', job.base, job, hooks);
  const ft = job.ft && (await readBackbone(engine, 'ft', job.ft, job, hooks));
  const pair = await readLens(engine, ft ? [base, ft] : [base], job, hooks);
  return { base, ft, pair };
}

async function readBackbone(
  engine: Engine,
  side: Side,
  model: OpenModel,
  { ids, positions, options }: ReadingJob,
  hooks: AnalyzeHooks,
): Promise<Subject> {
  const load = await runPhase(hooks, { phase: 'load', model: side, detail: model.name }, () =>
    loadBackbone(engine, model, ids.length, options),
  );
  const forward = await runPhase(
    hooks,
    { phase: 'forward', model: side, detail: ids.length === 1 ? '1 token' : `${ids.length} tokens` },
    () => runBackbone(load.result, model.anatomy, ids, positions),
  );
  await load.result.session.release();
  const states = forward.result;
  const attention = await readAttention(engine, side, states, positions);
  if (states.attention) await engine.drop([states.attention.probabilities]);
  return { side, model, rows: [], states, attention, timing: { loadMs: load.ms, forwardMs: forward.ms, lensMs: 0 } };
}

/** @returns the comparison; the rows and lens times of both models are added to them */
async function readLens(
  engine: Engine,
  subjects: readonly Subject[],
  { positions, settings, options }: ReadingJob,
  hooks: AnalyzeHooks,
): Promise<PairPositionReading[]> {
  const [{ model }] = subjects as [Subject];
  const rows = model.anatomy.residuals.length;
  const what = { phase: 'lens', model: subjects.length > 1 ? 'both' : 'base' } as const;
  const places = positions.length === 1 ? '1 position' : `${positions.length} positions`;
  const pair: PairPositionReading[] = [];
  await runPhase(hooks, { ...what, detail: `${rows} rows at ${places}` }, async () => {
    const heads = await loadHeads(engine, subjects, settings.norm, options);
    const reader = await LensReader.load(engine, model, settings, options);
    for (const indices of chunksOf(positions.length, rows, model.anatomy.vocabularySize)) {
      const chunk = { indices, positions: indices.map((index) => positions[index] as number) };
      const sides: ModelLogits[] = [];
      for (const subject of subjects)
        sides.push(await readChunk(reader, heads.get(subject) as Session, subject, chunk));
      const [base, ft] = sides;
      if (base && ft) pair.push(...(await reader.readPair(base, ft, chunk)));
      await engine.drop(sides.map(({ logits }) => logits));
      const done = (indices.at(-1) as number) + 1;
      hooks.onProgress?.({ type: 'step', ...what, detail: `${done} of ${places}` });
    }
  });
  return pair;
}

/** The head of each model; a fine-tune whose head is that of the base needs none of its own. */
async function loadHeads(
  engine: Engine,
  subjects: readonly Subject[],
  norm: LensSettings['norm'],
  options: SessionOptions,
): Promise<Map<Subject, Session>> {
  const heads = new Map<Subject, Session>();
  for (const subject of subjects) {
    const start = performance.now();
    const twin = [...heads.keys()].find(({ model }) => haveSameHead(model, subject.model));
    heads.set(subject, (twin && heads.get(twin)) ?? (await loadHead(engine, subject.model, norm, options)));
    subject.timing.loadMs += performance.now() - start;
  }
  return heads;
}

async function readChunk(reader: LensReader, head: Session, subject: Subject, chunk: Chunk): Promise<ModelLogits> {
  const start = performance.now();
  const { readings, logits } = await reader.readModel(subject.side, head, subject.states, chunk);
  subject.rows.push(...readings);
  subject.timing.lensMs += performance.now() - start;
  return { states: subject.states, logits };
}
