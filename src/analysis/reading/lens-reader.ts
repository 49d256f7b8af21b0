import { encodeModel } from '../../onnx/model.ts';
import type { Engine } from '../engine/engine.ts';
import { requirePlacement } from '../engine/placement.ts';
import type { Feed, ResidentTensor, SessionOptions } from '../engine/protocol.ts';
import type { Session } from '../engine/session.ts';
import { residualGeometryGraph } from '../lens/graphs/residual-geometry.ts';
import type { PairPositionReading } from '../lens/readings.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { Side } from '../progress.ts';
import { cutHead, HEAD } from '../surgery/cut-head.ts';
import { lensGraph, LENS_INPUT } from '../surgery/lens-graph.ts';
import { GEOMETRY_OUTPUTS, PAIR_OUTPUTS, pairPositions } from './pair-outputs.ts';
import { type PositionRows, positionRows, ROW_OUTPUTS, TRACKED_OUTPUTS } from './row-outputs.ts';
import type { BackboneStates } from './run-backbone.ts';
import { haveSameHead } from './same-head.ts';

export interface LensSettings {
  readonly norm: 'final' | 'none';
  readonly topK: number;
  readonly finalTop: number;
  readonly activeThreshold: number;
  /** token ids */
  readonly tracked: readonly number[];
}

/** Some of the positions that a backbone kept. */
export interface Chunk {
  /** which of the states' rows */
  readonly indices: readonly number[];
  /** where these stand in the prompt */
  readonly positions: readonly number[];
}

/** A model that went through its backbone. */
export interface LensModel {
  readonly side: Side;
  readonly model: OpenModel;
  readonly states: BackboneStates;
}

/** What a chunk gave. */
export interface ChunkReading {
  /** of each model, in the order in which they were given to {@link LensReader.load} */
  readonly rows: readonly PositionRows[][];
  /** empty for one model */
  readonly pair: readonly PairPositionReading[];
}

interface Sessions {
  /** final norm, head and statistics */
  readonly lens: Session;
  readonly geometry: Session;
  /** of the base, when the fine-tune's head is another one */
  readonly baseHead: Session | undefined;
}

/** Reads the states of one or two models through their head and reduces the logits to statistics, in the engine. */
export class LensReader {
  readonly #engine: Engine;
  readonly #models: readonly LensModel[];
  readonly #settings: LensSettings;
  readonly #sessions: Sessions;
  #placed: boolean;

  private constructor(engine: Engine, models: readonly LensModel[], settings: LensSettings, sessions: Sessions) {
    this.#engine = engine;
    this.#models = models;
    this.#settings = settings;
    this.#sessions = sessions;
    this.#placed = engine.device.kind === 'cpu';
  }

  /** @param models base first */
  static async load(
    engine: Engine,
    models: readonly LensModel[],
    settings: LensSettings,
    options: SessionOptions,
  ): Promise<LensReader> {
    const [{ model: base }, ft] = models as [LensModel, LensModel | undefined];
    const twoHeads = ft !== undefined && !haveSameHead(base, ft.model);
    const sides = models.map(({ side }) => side);
    const owner = twoHeads ? ft.model : base;
    const device = engine.device.kind;
    const graph = lensGraph(owner.model, owner.anatomy, {
      ...settings,
      device,
      sides,
      given: twoHeads ? ['base'] : [],
    });
    const profile = device !== 'cpu';
    const load = (bytes: Uint8Array, { file, folder }: OpenModel, what: string) =>
      engine.createSession(bytes, `${file} (${what})`, { ...options, profile, keepMemory: true, dataFolder: folder });
    const [lens, baseHead, geometry] = await Promise.all([
      load(encodeModel(graph), owner, 'final norm, head and statistics'),
      twoHeads
        ? load(encodeModel(cutHead(base.model, base.anatomy, { ...settings, device })), base, 'final norm and head')
        : undefined,
      // Some devices know no f64.
      engine.createSession(residualGeometryGraph(), 'the graph of residual geometry', { ...options, onCpu: true }),
    ]);
    return new LensReader(engine, models, settings, { lens, baseHead, geometry });
  }

  async read(chunk: Chunk): Promise<ChunkReading> {
    const [base, ft] = this.#models as [LensModel, LensModel | undefined];
    const given = await this.#baseLogits(base, chunk);
    const feeds = new Map<string, Feed>(given && [[LENS_INPUT.logits('base'), given]]);
    for (const { side, states } of this.#models) {
      if (side === 'ft' || given === undefined)
        feeds.set(LENS_INPUT.residuals(side), picked(states.residuals, 1, chunk));
      feeds.set(LENS_INPUT.ownLogits(side), picked(states.logits, 0, chunk));
    }
    const { tracked } = this.#settings;
    const result = await this.#sessions.lens.run(Object.fromEntries(feeds), {
      fetch: [...ROW_OUTPUTS, ...(tracked.length > 0 ? TRACKED_OUTPUTS : []), ...(ft ? PAIR_OUTPUTS : [])],
    });
    if (given) await this.#engine.drop([given]);
    await this.#requirePlacement();

    const shape = { rows: base.model.anatomy.residuals.length, positions: chunk.positions };
    const geometry = await this.#sessions.geometry.run(
      {
        base_residuals: picked(base.states.residuals, 1, chunk),
        ft_residuals: picked((ft ?? base).states.residuals, 1, chunk),
      },
      { fetch: GEOMETRY_OUTPUTS },
    );
    const rows = this.#models.map(({ side }, index) =>
      positionRows(result, geometry.doubles(index === 0 ? 'base_base' : 'ft_ft'), {
        ...this.#settings,
        ...shape,
        tracked: tracked.length,
        model: side,
        index,
      }),
    );
    return { rows, pair: ft ? pairPositions(result, geometry, shape) : [] };
  }

  async #baseLogits({ states }: LensModel, chunk: Chunk): Promise<ResidentTensor | undefined> {
    const head = this.#sessions.baseHead;
    if (head === undefined) return undefined;
    const result = await head.run({ [HEAD.residuals]: picked(states.residuals, 1, chunk) }, { keep: [HEAD.logits] });
    return result.resident(HEAD.logits);
  }

  /** After the first run, that everything ran where it should. */
  async #requirePlacement(): Promise<void> {
    if (this.#placed) return;
    this.#placed = true;
    for (const session of [this.#sessions.lens, this.#sessions.baseHead])
      if (session) requirePlacement(this.#engine.device, await session.placement(), session.where);
  }
}

function picked(tensor: ResidentTensor, axis: number, { indices }: Chunk): Feed {
  return indices.length === tensor.dims[axis] ? tensor : { ...tensor, pick: { axis, indices } };
}
