import type { RowReading } from './readings.ts';

/** Each model's states also read through the other's final norm and head. */
export interface CrossHeadReading {
  /** both heads are known to be the same, bit by bit: nothing was read */
  readonly sameHead: boolean;
  readonly positions: readonly CrossHeadPosition[];
}

/** One position. Lists are by row, the embedding first; divergences are Jensen-Shannon's, in nats. */
export interface CrossHeadPosition {
  readonly position: number;
  /** the fine-tune's states through the head of base */
  readonly ftByBase: readonly RowReading[];
  /** the base's states through the head of the fine-tune */
  readonly baseByFt: readonly RowReading[];
  /** of both models' states, through the head of base: what the states alone change */
  readonly statesByBase: readonly number[];
  /** the same through the head of the fine-tune */
  readonly statesByFt: readonly number[];
  /** of the base's states through both heads: what the head alone changes */
  readonly headsOnBase: readonly number[];
  /** the same with the fine-tune's states */
  readonly headsOnFt: readonly number[];
}
