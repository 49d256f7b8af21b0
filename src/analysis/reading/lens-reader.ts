import { encodeModel } from '../../onnx/model.ts';
import type { Engine } from '../engine/engine.ts';
import type { ResidentTensor, SessionOptions } from '../engine/protocol.ts';
import type { Session } from '../engine/session.ts';
import { int64Tensor } from '../engine/tensors.ts';
import { pairStatisticsGraph } from '../lens/graphs/pair-statistics.ts';
import { residualGeometryGraph } from '../lens/graphs/residual-geometry.ts';
import { rowStatisticsGraph } from '../lens/graphs/row-statistics.ts';
import type { PairPositionReading } from '../lens/readings.ts';
import type { OpenModel } from '../model/open-model.ts';
import { cutHead, HEAD } from '../surgery/cut-head.ts';
import { GEOMETRY_OUTPUTS, PAIR_OUTPUTS, pairPositions } from './pair-outputs.ts';
import { type PositionRows, positionRows, ROW_OUTPUTS, TRACKED_OUTPUTS } from './row-outputs.ts';
import type { BackboneStates } from './run-backbone.ts';

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

/** What is resident of one model while a chunk is read. */
export interface ModelLogits {
  readonly states: BackboneStates;
  /** of the lens // (R, p, V) f32 */
  readonly logits: ResidentTensor;
}

/** The final norm and head of a model, loaded. */
export async function loadHead(
  engine: Engine,
  model: OpenModel,
  norm: LensSettings['norm'],
  options: SessionOptions,
): Promise<Session> {
  const head = cutHead(model.model, model.anatomy, { norm });
  return engine.createSession(encodeModel(head), `${model.file} (final norm and head)`, {
    ...options,
    dataFolder: model.folder,
  });
}

/**
 * Reads states through a head and reduces the logits to statistics, in the engine. One reader serves every model of
 * the same shape.
 */
export class LensReader {
  readonly #settings: LensSettings;
  readonly #rows: number;
  readonly #rowStatistics: Session;
  readonly #pairStatistics: Session;
  readonly #geometry: Session;

  private constructor(settings: LensSettings, rows: number, sessions: readonly [Session, Session, Session]) {
    this.#settings = settings;
    this.#rows = rows;
    [this.#rowStatistics, this.#pairStatistics, this.#geometry] = sessions;
  }

  static async load(
    engine: Engine,
    { anatomy }: OpenModel,
    settings: LensSettings,
    options: SessionOptions,
  ): Promise<LensReader> {
    const shape = { rows: anatomy.residuals.length, vocabulary: anatomy.vocabularySize };
    const load = (graph: Uint8Array, name: string) => engine.createSession(graph, name, options);
    const sessions = await Promise.all([
      load(rowStatisticsGraph({ ...settings, ...shape }), 'the graph of row statistics'),
      load(pairStatisticsGraph(shape), 'the graph of pair statistics'),
      load(residualGeometryGraph(), 'the graph of residual geometry'),
    ]);
    return new LensReader(settings, shape.rows, sessions);
  }

  /** @returns the statistics, and the lens's logits (R, p, V), which stay in the engine until dropped */
  async readModel(
    model: string,
    head: Session,
    states: BackboneStates,
    chunk: Chunk,
  ): Promise<{ readings: PositionRows[]; logits: ResidentTensor }> {
    const rows = int64Tensor(chunk.indices);
    const lens = await head.run({ [HEAD.residuals]: states.residuals, [HEAD.rows]: rows }, { keep: [HEAD.logits] });
    const logits = lens.resident(HEAD.logits);
    const tracked = this.#settings.tracked.length;
    const statistics = await this.#rowStatistics.run(
      { logits, own_logits: states.logits, positions: rows },
      { fetch: [...ROW_OUTPUTS, ...(tracked > 0 ? TRACKED_OUTPUTS : [])] },
    );
    const geometry = await this.#runGeometry(states, states, chunk, ['base_base']);
    const shape = { ...this.#settings, tracked, model, rows: this.#rows, positions: chunk.positions };
    return { readings: positionRows(statistics, geometry.doubles('base_base'), shape), logits };
  }

  async readPair(base: ModelLogits, ft: ModelLogits, chunk: Chunk): Promise<PairPositionReading[]> {
    const statistics = await this.#pairStatistics.run(
      {
        base_logits: base.logits,
        ft_logits: ft.logits,
        base_own_logits: base.states.logits,
        ft_own_logits: ft.states.logits,
        positions: int64Tensor(chunk.indices),
      },
      { fetch: PAIR_OUTPUTS },
    );
    const geometry = await this.#runGeometry(base.states, ft.states, chunk, GEOMETRY_OUTPUTS);
    return pairPositions(statistics, geometry, { rows: this.#rows, positions: chunk.positions });
  }

  #runGeometry(base: BackboneStates, ft: BackboneStates, chunk: Chunk, fetch: readonly string[]) {
    const positions = int64Tensor(chunk.indices);
    return this.#geometry.run({ base_residuals: base.residuals, ft_residuals: ft.residuals, positions }, { fetch });
  }
}
