import type { Check } from '../../report/schema.ts';
import type { Engine } from '../engine/engine.ts';
import type { CrossHeadReading } from '../lens/cross-head.ts';
import type { ChosenToken, ModelReading, PairPositionReading } from '../lens/readings.ts';
import type { Routing } from '../lens/routing.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { AnalyzeHooks } from '../progress.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';
import type { LensSettings } from './lens-job.ts';
import { type BackboneReading, type BackbonesJob, readBackbones, type SidedModel } from './read-backbones.ts';
import { readChosen } from './read-chosen.ts';
import { type LensReadings, readLens } from './read-lens.ts';

export interface ReadingJob extends BackbonesJob {
  readonly base: OpenModel;
  readonly ft?: OpenModel | undefined;
  /** the base under another recipe */
  readonly floor?: OpenModel | undefined;
  /** whether the states of base and ft also go through each other's head */
  readonly crossHead?: boolean;
  readonly settings: LensSettings;
  /** a token for each of the positions, whose probability and rank are wanted */
  readonly chosen?: readonly number[] | undefined;
}

/** What one model gave, how its own logits were had, and how long it took. */
export interface TimedReading {
  readonly reading: ModelReading;
  readonly ownLogits: OwnLogits;
  /** undefined on the CPU, and when it was not asked for */
  readonly deviceCheck: Check | undefined;
  /** of the chosen tokens, by the model's own logits; empty when there are none */
  readonly chosen: readonly ChosenToken[];
  readonly timing: { readonly loadMs: number; readonly forwardMs: number; readonly lensMs: number };
}

/** A model that was compared with the base. */
interface ComparedReading extends TimedReading {
  /** base and this model side by side */
  readonly pair: readonly PairPositionReading[];
}

export interface ModelReadings {
  readonly base: TimedReading;
  readonly ft: ComparedReading | undefined;
  readonly floor: ComparedReading | undefined;
  /** undefined when it was not asked for */
  readonly crossHead: CrossHeadReading | undefined;
}

/** Runs every model over the prompt; then their states go through the heads together. */
export async function readModels(engine: Engine, job: ReadingJob, hooks: AnalyzeHooks): Promise<ModelReadings> {
  const { base, ft, floor } = job;
  const models: SidedModel[] = [
    { side: 'base', model: base },
    ...(ft ? [{ side: 'ft', model: ft } as const] : []),
    ...(floor ? [{ side: 'floor', model: floor } as const] : []),
  ];
  const backbones = await readBackbones(engine, models, job, hooks);
  const lens = await readLens(engine, backbones, job, hooks);
  const chosen = job.chosen ? await chosenTokens(engine, backbones, job, job.chosen) : [];
  // Nobody waits for it: its failure is met by whoever asks the engine next.
  engine.drop(backbones.flatMap(({ states }) => [states.residuals, states.logits])).catch(() => undefined);

  const read = (index: number) => timedReading(backbones, lens, chosen, index);
  const of = (side: SidedModel['side']): ComparedReading | undefined => {
    const index = models.findIndex((model) => model.side === side);
    return index === -1 ? undefined : { ...read(index), pair: lens.pairs[index - 1] ?? [] };
  };
  return { base: read(0), ft: of('ft'), floor: of('floor'), crossHead: lens.crossHead };
}

/** Models that go through the lens together share its time in equal parts. */
function timedReading(
  backbones: readonly BackboneReading[],
  lens: LensReadings,
  chosen: readonly ChosenToken[][],
  index: number,
): TimedReading {
  const { routing, attention, states, deviceCheck, timing } = backbones[index] as BackboneReading;
  const rows = lens.rows[index] ?? [];
  const positions = rows.map((row, i) => ({ ...row, routing: routing[i] ?? new Map<number, Routing>() }));
  const share = 1 / backbones.length;
  return {
    reading: { positions, ...attention },
    ownLogits: states.ownLogits,
    deviceCheck,
    chosen: chosen[index] ?? [],
    timing: {
      loadMs: timing.loadMs + lens.loadMs * share,
      forwardMs: timing.forwardMs,
      lensMs: lens.lensMs * share,
    },
  };
}

function chosenTokens(
  engine: Engine,
  backbones: readonly BackboneReading[],
  { positions, options }: BackbonesJob,
  ids: readonly number[],
): Promise<ChosenToken[][]> {
  const models = backbones.map(({ side, states }) => ({ model: side, logits: states.logits }));
  const tokens = positions.map((position, i) => ({ position, id: ids[i] as number }));
  return readChosen(engine, models, tokens, options);
}
