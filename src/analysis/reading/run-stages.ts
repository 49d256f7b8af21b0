import { encodeModel, type OnnxModel } from '../../onnx/model.ts';
import { type ComputedTensor, partition, type Stage, stageModel } from '../../onnx/partition.ts';
import type { ValueInfoProto } from '../../onnx/proto/onnx-ml_pb.ts';
import type { Engine } from '../engine/engine.ts';
import { requirePlacement } from '../engine/placement.ts';
import type { Feed, ResidentTensor, SessionOptions, TensorValue } from '../engine/protocol.ts';
import { RunResult } from '../engine/run-result.ts';
import type { Session } from '../engine/session.ts';
import { elementTypeOf } from '../engine/tensors.ts';

/** A graph that runs in stages, each loaded only while it runs. */
export interface StagedGraph {
  readonly model: OnnxModel;
  /** the file, for messages */
  readonly where: string;
  /** Tensors after which the graph is cut, for each cut; none for a single stage. */
  readonly boundaries: readonly (readonly string[])[];
  /** How many of the first stages run on the CPU, whatever the engine's device is. */
  readonly cpuStages: number;
  /** Which of the engine's processes each stage is for; the first, where none is named. */
  readonly processes: readonly number[];
  readonly options: SessionOptions;
}

export interface StagedRun {
  readonly feeds: ReadonlyMap<string, Feed>;
  /** Outputs and boundaries whose values are wanted in this process. Other outputs stay in the engine. */
  readonly fetch: ReadonlySet<string>;
  readonly readAhead?: StageReadAhead | undefined;
  readonly watch?: StageWatch;
}

/** Brings weights into memory before they are needed. The engine waits for it. */
export interface StageReadAhead {
  /** before the weights of a stage are loaded */
  beforeLoad(stage: Stage, next: Stage | undefined): Promise<void>;
  /** before it runs, while its weights are loaded; `values` holds what has been fetched so far */
  beforeRun(stage: Stage, values: ReadonlyMap<string, TensorValue>): Promise<void>;
}

/** Is told of every stage, counted from 0; of loading, without those on the CPU. */
export interface StageWatch {
  onLoaded(stage: number): void;
  onDone(stage: number, stages: number): void;
}

export interface StagedResult {
  readonly result: RunResult;
  /** of loading all stages */
  readonly loadMs: number;
}

/**
 * Runs a graph stage by stage. Tensors that cross a boundary stay in the engine until the last stage that reads them,
 * or come here when that stage runs in another process. Weights of one stage are in memory at a time; a stage for
 * another process than the one before it is loaded together with that one.
 */
export async function runStages(engine: Engine, graph: StagedGraph, run: StagedRun): Promise<StagedResult> {
  const stages = partition(graph.model, graph.boundaries);
  const processOf = (stage: number): number => graph.processes[stage] ?? 0;
  const values = new Map<string, TensorValue>();
  const resident = new Map<string, ResidentTensor>();
  const outputs = new Set(graph.model.graph.output.map(({ name }) => name));
  const loading = new Map<number, Promise<Session>>();
  const load = (i: number): Promise<Session> => {
    const started =
      loading.get(i) ??
      loadStage(engine, graph, {
        stages,
        i,
        known: new Map<string, ResidentTensor | TensorValue>([...resident, ...values]),
      });
    loading.set(i, started);
    return started;
  };

  let loadMs = 0;
  for (const [i, stage] of stages.entries()) {
    await run.readAhead?.beforeLoad(stage, stages[i + 1]);
    const start = performance.now();
    const own = load(i);
    const next = i + 1 < stages.length && i >= graph.cpuStages && processOf(i + 1) !== processOf(i);
    // Its failure is met when it is that stage's turn.
    if (next) load(i + 1).catch(() => {});
    const [session] = await Promise.all([own, run.readAhead?.beforeRun(stage, values)]);
    loadMs += performance.now() - start;
    // What runs on the CPU before the device has anything to do is part of loading.
    if (i >= graph.cpuStages) run.watch?.onLoaded(i - graph.cpuStages);

    const known = new Map<string, Feed>([...resident, ...values]);
    const feeds = new Map<string, Feed | undefined>([
      ...stage.inputs.map((name) => [name, run.feeds.get(name)] as const),
      ...stage.receives.map((name) => [name, known.get(name)] as const),
    ]);
    const made = [...new Set([...stage.outputs, ...stage.passes])];
    const leaves = (name: string): boolean =>
      run.fetch.has(name) ||
      stages.some(({ receives }, j) => j > i && processOf(j) !== processOf(i) && receives.includes(name));
    const [fetch, keep] = [made.filter(leaves), made.filter((name) => !leaves(name))];
    const result = await session.run(Object.fromEntries(feeds) as Record<string, Feed>, { fetch, keep });
    if (!isOnCpu(engine, graph, i))
      requirePlacement(engine.device, await session.placement(), graph.where, graph.options.cpuNodes);
    for (const name of fetch) values.set(name, result.value(name));
    for (const name of keep) resident.set(name, result.resident(name));

    // What no later stage reads has done its work.
    const later = new Set([...outputs, ...stages.slice(i + 1).flatMap(({ receives }) => receives)]);
    const unread = [...resident].filter(([name]) => !later.has(name));
    await Promise.all([session.release(), engine.drop(unread.map(([, tensor]) => tensor))]);
    for (const [name] of unread) resident.delete(name);
    run.watch?.onDone(i, stages.length);
  }
  return { result: new RunResult(Object.fromEntries(values), Object.fromEntries(resident)), loadMs };
}

function isOnCpu(engine: Engine, { cpuStages }: StagedGraph, stage: number): boolean {
  return engine.device.kind === 'cpu' || stage < cpuStages;
}

/** @param known tensors of the stages that have run; others that the stage receives are described in the graph */
function loadStage(
  engine: Engine,
  graph: StagedGraph,
  {
    stages,
    i,
    known,
  }: {
    readonly stages: readonly Stage[];
    readonly i: number;
    readonly known: ReadonlyMap<string, ResidentTensor | TensorValue>;
  },
): Promise<Session> {
  const { model, where, options, processes } = graph;
  const stage = stages[i] as Stage;
  const described = new Map(model.graph.valueInfo.map((info) => [info.name, info]));
  const received = stage.receives.map((name) => {
    const tensor = known.get(name);
    if (tensor) return [name, { elementType: elementTypeOf(tensor.type), dims: tensor.dims }] as const;
    return [name, describedTensor(name, described.get(name))] as const;
  });
  const part = stageModel(model, stage, new Map(received));
  const onCpu = isOnCpu(engine, graph, i);
  const process = processes[i] ?? 0;
  return engine.createSession(encodeModel(part), where, { ...options, onCpu, process, profile: !onCpu });
}

function describedTensor(name: string, info: ValueInfoProto | undefined): ComputedTensor {
  const type = info?.type?.value;
  if (type?.case !== 'tensorType') throw new Error(`Nothing is known of tensor ${name}.`);
  const dims = type.value.shape?.dim.map(({ value }) =>
    value.case === 'dimValue' ? Number(value.value) : String(value.value),
  );
  return { elementType: type.value.elemType, dims: dims ?? [] };
}
