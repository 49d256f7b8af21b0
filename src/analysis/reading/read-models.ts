import type { Check } from '../../report/schema.ts';
import type { Engine } from '../engine/engine.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import type { AttentionReading, ModelReading, PairPositionReading } from '../lens/readings.ts';
import type { Routing } from '../lens/routing.ts';
import type { OpenModel } from '../model/open-model.ts';
import { type AnalyzeHooks, runPhase, type RunningPhase, type Side, startPhase } from '../progress.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';
import { chunksOf } from './chunks.ts';
import { LensReader, type LensSettings } from './lens-reader.ts';
import { planStages, type StagePlan } from './plan-stages.ts';
import { readAttention } from './read-attention.ts';
import { readRouting } from './read-routing.ts';
import type { PositionRows } from './row-outputs.ts';
import { type BackboneStates, prepareBackbone, type PreparedBackbone, runBackbone } from './run-backbone.ts';
import type { StageWatch } from './run-stages.ts';
import { testDevice } from './self-test.ts';

export interface ReadingJob {
  readonly base: OpenModel;
  readonly ft: OpenModel | undefined;
  readonly ids: readonly number[];
  /** which positions to read, ascending */
  readonly positions: readonly number[];
  readonly settings: LensSettings;
  readonly options: SessionOptions;
  /** whether to compare the device with the CPU first; defaults to true */
  readonly selfTest?: boolean;
}

/** What one model gave, how its own logits were had, and how long it took. */
export interface TimedReading {
  readonly reading: ModelReading;
  readonly ownLogits: OwnLogits;
  /** undefined on the CPU, and when it was not asked for */
  readonly deviceCheck: Check | undefined;
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
  readonly deviceCheck: Check | undefined;
  readonly timing: { loadMs: number; forwardMs: number; lensMs: number };
}

/** A model that is ready to run, and how it will. */
interface PlannedBackbone {
  readonly side: Side;
  readonly backbone: PreparedBackbone;
  readonly plan: StagePlan;
}

/** Runs one or two models over the prompt; then their states go through the heads together. */
export async function readModels(engine: Engine, job: ReadingJob, hooks: AnalyzeHooks): Promise<ModelReadings> {
  const [base, ft] = await readBackbones(engine, job, hooks);
  const pair = await readLens(engine, ft ? [base, ft] : [base], job, hooks);
  return { base: finished(base), ft: ft && finished(ft), pair };
}

/**
 * The models run one after the other: together they would only take each other's time. When weights come from the disk
 * they do run together, since the engine can compute for the one while the other waits.
 */
async function readBackbones(
  engine: Engine,
  job: ReadingJob,
  hooks: AnalyzeHooks,
): Promise<[base: UnfinishedReading, ft?: UnfinishedReading]> {
  const planned = [await planBackbone(engine, 'base', job.base, job)];
  if (job.ft) planned.push(await planBackbone(engine, 'ft', job.ft, job));
  const readings: UnfinishedReading[] = [];
  try {
    const read = (each: PlannedBackbone) => readBackbone(engine, each, job, hooks);
    if (planned.some(({ plan }) => plan.readAhead)) readings.push(...(await Promise.all(planned.map(read))));
    else for (const each of planned) readings.push(await read(each));
  } finally {
    await Promise.all(planned.map(({ plan }) => plan.close()));
  }
  return readings as [UnfinishedReading, UnfinishedReading?];
}

async function planBackbone(engine: Engine, side: Side, model: OpenModel, job: ReadingJob): Promise<PlannedBackbone> {
  const backbone = prepareBackbone(engine.device.kind, model, job);
  return { side, backbone, plan: await planStages(engine.device.kind, backbone, job.ids.length) };
}

function finished({ rows, routing, attention, states, deviceCheck, timing }: UnfinishedReading): TimedReading {
  const positions = rows.map((row, i) => ({ ...row, routing: routing[i] ?? new Map<number, Routing>() }));
  return { reading: { positions, attention }, ownLogits: states.ownLogits, deviceCheck, timing };
}

async function readBackbone(
  engine: Engine,
  { side, backbone, plan }: PlannedBackbone,
  job: ReadingJob,
  hooks: AnalyzeHooks,
): Promise<UnfinishedReading> {
  const { model } = backbone;
  const { ids, positions, options, selfTest = true } = job;
  const progress = backboneProgress(side, model, ids.length, hooks);
  const called = performance.now();
  const deviceCheck = selfTest ? await testDevice(engine, side, model, ids, options) : undefined;
  const start = performance.now();
  const { states, loadMs } = await runBackbone(engine, backbone, job, plan, progress);
  const attention = readAttention(side, states, positions.at(-1) as number);
  const routing = readRouting(side, model, states, positions);
  const timing = { loadMs: start - called + loadMs, forwardMs: performance.now() - start - loadMs, lensMs: 0 };
  return { side, model, states, routing, attention, rows: [], deviceCheck, timing };
}

/** Tells of the first load, of every stage, and of the end. */
function backboneProgress(model: Side, { name, anatomy }: OpenModel, length: number, hooks: AnalyzeHooks): StageWatch {
  const tokens = length === 1 ? '1 token' : `${length} tokens`;
  const layers = anatomy.layers.length;
  const load = startPhase(hooks, { phase: 'load', model, detail: name });
  let forward: RunningPhase | undefined;
  return {
    onLoaded(stage) {
      if (stage > 0) return;
      load.done();
      forward = startPhase(hooks, { phase: 'forward', model, detail: tokens });
    },
    onDone(stage, stages) {
      if (stage === stages - 1) forward?.done();
      else forward?.step(`layer ${Math.round(((stage + 1) * layers) / stages)}/${layers}  ${tokens}`);
    },
  };
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
  await runPhase(hooks, { ...what, detail: `${rows} rows at ${places}` }, async (phase) => {
    const loaded = performance.now();
    const reader = await LensReader.load(engine, readings, settings, options);
    share(readings, 'loadMs', performance.now() - loaded);
    for (const indices of chunksOf(positions.length, rows, model.anatomy.vocabularySize)) {
      const start = performance.now();
      const chunk = await reader.read({ indices, positions: indices.map((index) => positions[index] as number) });
      for (const [i, reading] of readings.entries()) reading.rows.push(...(chunk.rows[i] as PositionRows[]));
      pair.push(...chunk.pair);
      share(readings, 'lensMs', performance.now() - start);
      const done = (indices.at(-1) as number) + 1;
      phase.step(`${done} of ${places}`);
    }
  });
  return pair;
}

/** Models that are read together share the time in equal parts. */
function share(readings: readonly UnfinishedReading[], time: 'loadMs' | 'lensMs', ms: number): void {
  for (const { timing } of readings) timing[time] += ms / readings.length;
}
