import type { Engine } from '../engine/engine.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import type { Session } from '../engine/session.ts';
import type { AttentionReading, ModelReading, PairPositionReading } from '../lens/readings.ts';
import type { Routing } from '../lens/routing.ts';
import type { OpenModel } from '../model/open-model.ts';
import { type AnalyzeHooks, runPhase, type Side } from '../progress.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';
import { chunksOf } from './chunks.ts';
import { type Chunk, LensReader, type LensSettings, loadHead, type ModelLogits } from './lens-reader.ts';
import { readAttention } from './read-attention.ts';
import { readRouting } from './read-routing.ts';
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

/** What one model gave, how its own logits were had, and how long it took. */
export interface TimedReading {
  readonly reading: ModelReading;
  readonly ownLogits: OwnLogits;
  readonly timing: { readonly loadMs: number; readonly forwardMs: number; readonly lensMs: number };
}

export interface ModelReadings {
  readonly base: TimedReading;
  readonly ft: TimedReading | undefined;
  /** empty for one model */
  readonly pair: PairPositionReading[];
}

/** One model while it is read: the rows and the times of the lens grow chunk by chunk. */
interface UnfinishedReading {
  readonly side: Side;
  readonly model: OpenModel;
  readonly states: BackboneStates;
  /** by layer, for each position */
  readonly routing: readonly ReadonlyMap<number, Routing>[];
  readonly attention: AttentionReading | undefined;
  readonly rows: PositionRows[];
  readonly timing: { loadMs: number; forwardMs: number; lensMs: number };
}

/**
 * Runs one or two models over the prompt. The backbones are loaded one after the other, so that only one set of
 * weights is in memory; then their states go through the heads together.
 */
export async function readModels(engine: Engine, job: ReadingJob, hooks: AnalyzeHooks): Promise<ModelReadings> {
  const base = await readBackbone(engine, 'base', job.base, job, hooks);
  const ft = job.ft && (await readBackbone(engine, 'ft', job.ft, job, hooks));
  const pair = await readLens(engine, ft ? [base, ft] : [base], job, hooks);
  return { base: finished(base), ft: ft && finished(ft), pair };
}

function finished({ rows, routing, attention, states, timing }: UnfinishedReading): TimedReading {
  const positions = rows.map((row, i) => ({ ...row, routing: routing[i] ?? new Map<number, Routing>() }));
  return { reading: { positions, attention }, ownLogits: states.ownLogits, timing };
}

async function readBackbone(
  engine: Engine,
  side: Side,
  model: OpenModel,
  { ids, positions, options }: ReadingJob,
  hooks: AnalyzeHooks,
): Promise<UnfinishedReading> {
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
  const attention = await readAttention(engine, side, states, positions, options);
  if (states.attention) await engine.drop([states.attention.probabilities]);
  const routing = readRouting(side, model, states, positions);
  const timing = { loadMs: load.ms, forwardMs: forward.ms, lensMs: 0 };
  return { side, model, states, routing, attention, rows: [], timing };
}

/** @returns the comparison; the rows and lens times of both models are added to them */
async function readLens(
  engine: Engine,
  readings: readonly UnfinishedReading[],
  { positions, settings, options }: ReadingJob,
  hooks: AnalyzeHooks,
): Promise<PairPositionReading[]> {
  const [{ model }] = readings as [UnfinishedReading];
  const rows = model.anatomy.residuals.length;
  const what = { phase: 'lens', model: readings.length > 1 ? 'both' : 'base' } as const;
  const places = positions.length === 1 ? '1 position' : `${positions.length} positions`;
  const pair: PairPositionReading[] = [];
  await runPhase(hooks, { ...what, detail: `${rows} rows at ${places}` }, async () => {
    const heads = await loadHeads(engine, readings, settings.norm, options);
    const reader = await LensReader.load(engine, model, settings, options);
    for (const indices of chunksOf(positions.length, rows, model.anatomy.vocabularySize)) {
      const chunk = { indices, positions: indices.map((index) => positions[index] as number) };
      const sides: ModelLogits[] = [];
      for (const reading of readings)
        sides.push(await readChunk(reader, heads.get(reading) as Session, reading, chunk));
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
  readings: readonly UnfinishedReading[],
  norm: LensSettings['norm'],
  options: SessionOptions,
): Promise<Map<UnfinishedReading, Session>> {
  const heads = new Map<UnfinishedReading, Session>();
  for (const reading of readings) {
    const start = performance.now();
    const twin = [...heads.keys()].find(({ model }) => haveSameHead(model, reading.model));
    heads.set(reading, (twin && heads.get(twin)) ?? (await loadHead(engine, reading.model, norm, options)));
    reading.timing.loadMs += performance.now() - start;
  }
  return heads;
}

async function readChunk(
  reader: LensReader,
  head: Session,
  reading: UnfinishedReading,
  chunk: Chunk,
): Promise<ModelLogits> {
  const start = performance.now();
  const { readings, logits } = await reader.readModel(reading.side, head, reading.states, chunk);
  reading.rows.push(...readings);
  reading.timing.lensMs += performance.now() - start;
  return { states: reading.states, logits };
}
