import { tokenCount } from '../../report/numbers.ts';
import type { Check } from '../../report/schema.ts';
import type { Engine } from '../engine/engine.ts';
import type { SessionOptions } from '../engine/protocol.ts';
import type { ModelReading } from '../lens/readings.ts';
import type { Routing } from '../lens/routing.ts';
import type { OpenModel } from '../model/open-model.ts';
import { type AnalyzeHooks, everyone, type RunningPhase, type Side, startPhase } from '../progress.ts';
import { type ForwardPass, passThrough, passThroughAll, type PreparedBackbone } from './forward-pass.ts';
import { planStages, type StagePlan } from './plan-stages.ts';
import { readAttention } from './read-attention.ts';
import { readRouting } from './read-routing.ts';
import { type BackboneStates, prepareBackbone, runBackbones } from './run-backbone.ts';
import { canRunTogether } from './run-together.ts';
import type { StageWatch } from './run-stages.ts';
import { testDevice } from './self-test.ts';

export interface SidedModel {
  readonly side: Side;
  readonly model: OpenModel;
}

/** What goes through every model. */
export interface BackbonesJob {
  readonly ids: readonly number[];
  /** which positions to read, ascending */
  readonly positions: readonly number[];
  /** layers whose attention is wanted beside that of the last, from 1, ascending; none by default */
  readonly attentionLayers?: readonly number[];
  readonly options: SessionOptions;
  /** whether to compare the device with the CPU first; defaults to true */
  readonly selfTest?: boolean;
}

/** What one pass through a model gave; its states are still to be read through the lens. */
export interface BackboneReading extends SidedModel {
  readonly states: BackboneStates;
  /** by layer, for each position */
  readonly routing: readonly ReadonlyMap<number, Routing>[];
  readonly attention: Pick<ModelReading, 'attention' | 'attentionLayers'>;
  /** undefined on the CPU, and when it was not asked for */
  readonly deviceCheck: Check | undefined;
  readonly timing: { readonly loadMs: number; readonly forwardMs: number };
}

interface SidedBackbone extends SidedModel {
  readonly backbone: PreparedBackbone;
}

/** Models that run together, or one that runs alone, and how. */
interface PlannedPass {
  /** the members of the pass */
  readonly models: readonly SidedModel[];
  readonly pass: ForwardPass;
  readonly plan: StagePlan;
}

/**
 * On the CPU models that share experts run together. Others run one after the other, as they would only take each
 * other's time; when weights come from the disk they do run at once, since the engine can compute for the one while the
 * other waits.
 * @returns in the order of the models
 */
export async function readBackbones(
  engine: Engine,
  models: readonly SidedModel[],
  job: BackbonesJob,
  hooks: AnalyzeHooks,
): Promise<BackboneReading[]> {
  const device = engine.device.kind;
  const backbones = models.map((each) => ({ ...each, backbone: prepareBackbone(device, each.model, job) }));
  const planned: PlannedPass[] = [];
  try {
    for (const group of device === 'cpu' ? thatRunTogether(backbones) : backbones.map((each) => [each])) {
      const pass = passOf(group);
      planned.push({ models: group, pass, plan: await planStages(device, pass, job.ids.length) });
    }
    const read = (each: PlannedPass) => readPass(engine, each, job, hooks);
    const readings: BackboneReading[] = [];
    if (planned.some(({ plan }) => plan.readAhead)) readings.push(...(await Promise.all(planned.map(read))).flat());
    else for (const each of planned) readings.push(...(await read(each)));
    return models.map(({ side }) => readings.find((reading) => reading.side === side) as BackboneReading);
  } finally {
    await Promise.all(planned.map(({ plan }) => plan.close()));
  }
}

function thatRunTogether(backbones: readonly SidedBackbone[]): SidedBackbone[][] {
  const groups: SidedBackbone[][] = [];
  for (const each of backbones) {
    const group = groups.find(([first]) => first !== undefined && canRunTogether(first.backbone, each.backbone));
    if (group) group.push(each);
    else groups.push([each]);
  }
  return groups;
}

function passOf(group: readonly SidedBackbone[]): ForwardPass {
  const [{ backbone }, ...others] = group as [SidedBackbone, ...SidedBackbone[]];
  return others.length === 0
    ? passThrough(backbone)
    : passThroughAll(new Map(group.map((each) => [each.side, each.backbone])));
}

async function readPass(
  engine: Engine,
  { models, pass, plan }: PlannedPass,
  job: BackbonesJob,
  hooks: AnalyzeHooks,
): Promise<BackboneReading[]> {
  const { ids, positions, attentionLayers = [], options, selfTest = true } = job;
  const progress = passProgress(models, ids.length, hooks);
  const called = performance.now();
  const deviceChecks: (Check | undefined)[] = [];
  for (const { side, model } of models)
    deviceChecks.push(selfTest ? await testDevice(engine, side, model, ids, options) : undefined);
  const start = performance.now();
  const { states, loadMs } = await runBackbones(engine, pass, job, plan, progress);
  const share = 1 / models.length;
  const timing = {
    loadMs: (start - called + loadMs) * share,
    forwardMs: (performance.now() - start - loadMs) * share,
  };
  return models.map(({ side, model }, i) => {
    const own = states[i] as BackboneStates;
    const attention = readAttention(side, own, {
      queryPosition: positions.at(-1) as number,
      layers: attentionLayers,
      lastLayer: model.anatomy.layers.length,
    });
    const routing = readRouting(side, model, own, positions);
    return { side, model, states: own, routing, attention, deviceCheck: deviceChecks[i], timing };
  });
}

/** Tells of the first load, of every stage, and of the end. */
function passProgress(models: readonly SidedModel[], length: number, hooks: AnalyzeHooks): StageWatch {
  const [{ side, model }] = models as [SidedModel];
  const subject = models.length === 1 ? side : everyone(models.length);
  const tokens = tokenCount(length);
  const layers = model.anatomy.layers.length;
  const names = models.map(({ model: { name } }) => name).join(', ');
  const load = startPhase(hooks, { phase: 'load', model: subject, detail: names });
  let forward: RunningPhase | undefined;
  return {
    onLoaded(stage) {
      if (stage > 0) return;
      load.done();
      forward = startPhase(hooks, { phase: 'forward', model: subject, detail: tokens });
    },
    onDone(stage, stages) {
      if (stage === stages - 1) forward?.done();
      else forward?.step(`layer ${Math.round(((stage + 1) * layers) / stages)}/${layers}  ${tokens}`);
    },
  };
}
