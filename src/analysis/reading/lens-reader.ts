import { encodeModel } from '../../onnx/model.ts';
import type { Engine } from '../engine/engine.ts';
import { requirePlacement } from '../engine/placement.ts';
import type { Feed, ResidentTensor } from '../engine/protocol.ts';
import type { RunResult } from '../engine/run-result.ts';
import type { Session } from '../engine/session.ts';
import { residualGeometryGraph } from '../lens/graphs/residual-geometry.ts';
import type { OpenModel } from '../model/open-model.ts';
import { cutHead, HEAD } from '../surgery/cut-head.ts';
import { lensGraph, LENS_INPUT, pairPrefix } from '../surgery/lens-graph.ts';
import type { Chunk, ChunkReading, LensJob, LensView } from './lens-job.ts';
import { PAIR_OUTPUTS, pairPositions } from './pair-outputs.ts';
import { readGeometry } from './read-geometry.ts';
import { positionRows, rowOutputs } from './row-outputs.ts';
import { sharedHeads } from './same-head.ts';

/** A head beside that of the lens, and whose states go through it. */
interface OtherHead {
  readonly session: Session;
  readonly views: readonly LensView[];
}

interface Sessions {
  /** final norm, head and statistics */
  readonly lens: Session;
  readonly others: readonly OtherHead[];
  readonly geometry: Session;
}

/** Reads states through final norm and head and reduces the logits to statistics, in the engine. */
export class LensReader {
  readonly #engine: Engine;
  readonly #job: LensJob;
  readonly #sessions: Sessions;
  /** in the order in which the lens has them */
  readonly #order: readonly LensView[];
  #placed: boolean;

  private constructor(engine: Engine, job: LensJob, order: readonly LensView[], sessions: Sessions) {
    this.#engine = engine;
    this.#job = job;
    this.#order = order;
    this.#sessions = sessions;
    this.#placed = engine.device.kind === 'cpu';
  }

  /** The head that most views share becomes part of the lens; logits of the others are made before it runs. */
  static async load(engine: Engine, job: LensJob): Promise<LensReader> {
    const { settings, options } = job;
    const device = engine.device.kind;
    const byHead = sharedHeads(job.views).toSorted((a, b) => a.length - b.length);
    const [others, own] = [byHead.slice(0, -1), byHead.at(-1) as LensView[]];
    const given = others.flat();
    const order = [...given, ...own];
    const names = (views: readonly LensView[]): string[] => views.map(({ name }) => name);
    const [{ model: owner }] = own as [LensView];
    const graph = lensGraph(owner.model, owner.anatomy, {
      ...settings,
      device,
      views: names(order),
      given: names(given),
      pairs: job.pairs,
    });

    const profile = device !== 'cpu';
    const load = (bytes: Uint8Array, { file, folder }: OpenModel, what: string) =>
      engine.createSession(bytes, `${file} (${what})`, { ...options, profile, keepMemory: true, dataFolder: folder });
    const loadOther = async (views: readonly LensView[]): Promise<OtherHead> => {
      const [{ model }] = views as [LensView];
      const head = cutHead(model.model, model.anatomy, { ...settings, device });
      return { session: await load(encodeModel(head), model, 'final norm and head'), views };
    };
    const [lens, geometry, ...otherHeads] = await Promise.all([
      load(encodeModel(graph), owner, 'final norm, head and statistics'),
      // Some devices know no f64.
      engine.createSession(residualGeometryGraph(), 'the graph of residual geometry', { ...options, onCpu: true }),
      ...others.map(loadOther),
    ]);
    return new LensReader(engine, job, order, { lens, geometry, others: otherHeads });
  }

  async read(chunk: Chunk): Promise<ChunkReading> {
    const { views, pairs, settings } = this.#job;
    const given = await this.#readOthers(chunk);
    const feeds = new Map<string, Feed>();
    for (const { name, states } of views) {
      const logits = given.get(name);
      if (logits) feeds.set(LENS_INPUT.logits(name), logits);
      else feeds.set(LENS_INPUT.residuals(name), picked(states.residuals, 1, chunk));
      feeds.set(LENS_INPUT.ownLogits(name), picked(states.logits, 0, chunk));
    }
    const result = await this.#sessions.lens.run(Object.fromEntries(feeds), {
      fetch: [...rowOutputs(settings), ...pairs.flatMap((pair) => PAIR_OUTPUTS.map((name) => pairPrefix(pair) + name))],
    });
    await this.#engine.drop(given.values());
    await this.#requirePlacement();

    const shape = { rows: views[0]?.model.anatomy.residuals.length ?? 0, positions: chunk.positions };
    const states = new Map(views.map((view) => [view.name, picked(view.states.residuals, 1, chunk)]));
    const geometry = await readGeometry(this.#sessions.geometry, states, pairs);
    return {
      rows: views.map((view) =>
        positionRows(result, geometry.squaredNorms.get(view.name) as Float64Array, {
          ...settings,
          ...shape,
          model: view.name,
          index: this.#order.indexOf(view),
        }),
      ),
      pairs: pairs.map((pair, i) =>
        pairPositions(result, geometry.pairs[i] as RunResult, {
          ...shape,
          prefix: pairPrefix(pair),
          models: pair.join(' and '),
        }),
      ),
    };
  }

  /** Frees the heads. */
  async release(): Promise<void> {
    const { lens, geometry, others } = this.#sessions;
    await Promise.all([lens, geometry, ...others.map(({ session }) => session)].map((session) => session.release()));
  }

  /** Logits of the views through other heads than that of the lens, by name; they stay in the engine. */
  async #readOthers(chunk: Chunk): Promise<Map<string, ResidentTensor>> {
    const logits = new Map<string, ResidentTensor>();
    for (const { session, views } of this.#sessions.others)
      for (const { name, states } of views) {
        const feeds = { [HEAD.residuals]: picked(states.residuals, 1, chunk) };
        const result = await session.run(feeds, { keep: [HEAD.logits] });
        logits.set(name, result.resident(HEAD.logits));
      }
    return logits;
  }

  /** After the first run, that everything ran where it should. */
  async #requirePlacement(): Promise<void> {
    if (this.#placed) return;
    this.#placed = true;
    for (const session of [this.#sessions.lens, ...this.#sessions.others.map((other) => other.session)])
      requirePlacement(this.#engine.device, await session.placement(), session.where);
  }
}

function picked(tensor: ResidentTensor, axis: number, { indices }: Chunk): Feed {
  return indices.length === tensor.dims[axis] ? tensor : { ...tensor, pick: { axis, indices } };
}
