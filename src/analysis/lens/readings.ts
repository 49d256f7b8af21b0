import type { Attention } from './attention.ts';
import type { Routing } from './routing.ts';

/** What the lens says at one layer and position. Probabilities in 0..1, divergences and entropies in nats. */
export interface RowReading {
  readonly topIds: readonly number[];
  readonly topProbs: readonly number[];
  readonly entropy: number;
  /** tokens with a probability above the threshold */
  readonly active: number;
  /** KL(last row ‖ this row) */
  readonly klToFinal: number;
  /** of the token that the model itself finds most probable */
  readonly finalProb: number;
  readonly finalRank: number;
  /** in the order of the tracked tokens */
  readonly tracked: readonly { readonly prob: number; readonly rank: number }[];
  /** in the order of the tracked sets: probability of the set, and its most probable token */
  readonly trackedSets: readonly { readonly prob: number; readonly bestRank: number; readonly bestId: number }[];
  /** Euclidean norm of the residual stream */
  readonly residualNorm: number;
}

export interface PositionReading {
  readonly position: number;
  /** embedding first */
  readonly rows: readonly RowReading[];
  /** from the model's own logits */
  readonly final: { readonly ids: readonly number[]; readonly probs: readonly number[] };
  /** largest |probability in the last row − probability by the model itself| */
  readonly headDifference: number;
  /** by layer, counted from 1; a layer without experts is missing */
  readonly routing: ReadonlyMap<number, Routing>;
}

export interface AttentionReading {
  readonly layer: number;
  readonly queryPosition: number;
  readonly attention: Attention;
}

export interface ModelReading {
  readonly positions: readonly PositionReading[];
  /** of the last layer; undefined when it gives no attention weights */
  readonly attention: AttentionReading | undefined;
  /** of the layers asked for, ascending; those that give no weights are missing */
  readonly attentionLayers: readonly AttentionReading[];
}

/** The two models at one layer and position. */
export interface PairRowReading {
  /** KL(ft ‖ base) */
  readonly klFtBase: number;
  /** KL(base ‖ ft) */
  readonly klBaseFt: number;
  readonly js: number;
  readonly baseTopRankInFt: number;
  readonly ftTopRankInBase: number;
  readonly residualCosine: number;
  /** ‖ft − base‖ / ‖base‖ */
  readonly residualRelativeL2: number;
  /** every number of the residual stream is the same */
  readonly sameResidual: boolean;
}

export interface PairPositionReading {
  readonly position: number;
  readonly rows: readonly PairRowReading[];
  /** the models' own logits are the same, number by number */
  readonly sameOwnLogits: boolean;
}

/** What a model makes of a token of somebody else's choice. */
export interface ChosenToken {
  /** 0..1 */
  readonly prob: number;
  /** 1 is the most probable */
  readonly rank: number;
}
