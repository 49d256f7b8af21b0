import type { SessionOptions } from '../engine/protocol.ts';
import type { Tracked } from '../lens/graphs/tracked-tokens.ts';
import type { PairPositionReading } from '../lens/readings.ts';
import type { OpenModel } from '../model/open-model.ts';
import type { ViewPair } from '../surgery/lens-graph.ts';
import type { PositionRows } from './row-outputs.ts';
import type { BackboneStates } from './run-backbone.ts';

export interface LensSettings extends Tracked {
  readonly norm: 'final' | 'none';
  readonly topK: number;
  readonly finalTop: number;
  readonly activeThreshold: number;
}

/** Some of the positions that a backbone kept. */
export interface Chunk {
  /** which of the states' rows */
  readonly indices: readonly number[];
  /** where these stand in the prompt */
  readonly positions: readonly number[];
}

/** The states of one model, read through the norm and head of that model or of another. */
export interface LensView {
  readonly name: string;
  /** whose norm and head */
  readonly model: OpenModel;
  readonly states: Pick<BackboneStates, 'residuals' | 'logits'>;
}

/** What a chunk gave. */
export interface ChunkReading {
  /** of each view, in the order in which they were given to the reader */
  readonly rows: readonly PositionRows[][];
  /** of each pair, likewise */
  readonly pairs: readonly PairPositionReading[][];
}

/** What a reader reads. */
export interface LensJob {
  readonly views: readonly LensView[];
  /** which views to compare, by their names */
  readonly pairs: readonly ViewPair[];
  readonly settings: LensSettings;
  readonly options: SessionOptions;
}
