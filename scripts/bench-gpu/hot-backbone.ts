import type { Engine } from '../../src/analysis/engine/engine.ts';
import type { ResidentTensor, TensorValue } from '../../src/analysis/engine/protocol.ts';
import type { Session } from '../../src/analysis/engine/session.ts';
import { elementTypeOf } from '../../src/analysis/engine/tensors.ts';
import type { OpenModel } from '../../src/analysis/model/open-model.ts';
import { passThrough, type PreparedBackbone } from '../../src/analysis/reading/forward-pass.ts';
import { planStages, type StagePlan } from '../../src/analysis/reading/plan-stages.ts';
import { type BackboneStates, prepareBackbone } from '../../src/analysis/reading/run-backbone.ts';
import { LENS } from '../../src/analysis/surgery/instrument-backbone.ts';
import { encodeModel } from '../../src/onnx/model.ts';
import { partition, type Stage, stageModel } from '../../src/onnx/partition.ts';

/** A model whose stages stay loaded, to be run again and again with the same prompt; only the last position is read. */
export class HotBackbone {
  readonly #engine: Engine;
  readonly #backbone: PreparedBackbone;
  readonly #plan: StagePlan;
  readonly #stages: readonly Stage[];
  readonly #sessions = new Map<Stage, Session>();
  #loadMs = 0;

  private constructor(engine: Engine, backbone: PreparedBackbone, plan: StagePlan) {
    this.#engine = engine;
    this.#backbone = backbone;
    this.#plan = plan;
    this.#stages = partition(backbone.instrumented.model, plan.boundaries);
  }

  static async prepare(engine: Engine, model: OpenModel, ids: readonly number[]): Promise<HotBackbone> {
    const backbone = prepareBackbone(engine.device.kind, model, { ids, positions: [ids.length - 1], options: {} });
    return new HotBackbone(engine, backbone, await planStages(engine.device.kind, passThrough(backbone), ids.length));
  }

  /** Time that loading has taken: the first run loads what it needs. */
  get loadMs(): number {
    return this.#loadMs;
  }

  /** One pass. What analyze brings back is brought back, and the states stay in the engine. */
  async run(): Promise<BackboneStates> {
    const { feeds, instrumented } = this.#backbone;
    const broughtBack = new Set([LENS.routerLogits, ...instrumented.attentionLayers.map(LENS.attention)]);
    const crossing = new Map<string, ResidentTensor | TensorValue>();
    for (const stage of this.#stages) {
      const session = this.#sessions.get(stage) ?? (await this.#load(stage, crossing));
      const made = [...new Set([...stage.outputs, ...stage.passes])];
      const fetch = made.filter((name) => broughtBack.has(name));
      const keep = made.filter((name) => !fetch.includes(name));
      const inputs = [...stage.inputs, ...stage.receives].map((name) => [name, feeds.get(name) ?? crossing.get(name)!]);
      const result = await session.run(Object.fromEntries(inputs), { fetch, keep });
      for (const name of keep) crossing.set(name, result.resident(name));
    }
    const states = [LENS.residuals, LENS.logits].map((name) => crossing.get(name) as ResidentTensor);
    const [residuals, logits] = states as [ResidentTensor, ResidentTensor];
    const passing = [...crossing.values()].filter((tensor) => 'resident' in tensor && !states.includes(tensor));
    await this.#engine.drop(passing as ResidentTensor[]);
    return { residuals, logits, ownLogits: instrumented.ownLogits, routerLogits: new Map(), attention: new Map() };
  }

  async release(): Promise<void> {
    for (const session of this.#sessions.values()) await session.release();
    await this.#plan.close();
  }

  async #load(stage: Stage, crossing: ReadonlyMap<string, ResidentTensor | TensorValue>): Promise<Session> {
    const start = performance.now();
    const { model, instrumented } = this.#backbone;
    const received = stage.receives.map((name) => {
      const { type, dims } = crossing.get(name)!;
      return [name, { elementType: elementTypeOf(type), dims }] as const;
    });
    const graph = stageModel(instrumented.model, stage, new Map(received));
    const session = await this.#engine.createSession(encodeModel(graph), model.file, {
      cpuNodes: instrumented.cpuNodes,
      dataFolder: model.folder,
      onCpu: this.#stages.indexOf(stage) < this.#plan.cpuStages,
    });
    this.#sessions.set(stage, session);
    this.#loadMs += performance.now() - start;
    return session;
  }
}
