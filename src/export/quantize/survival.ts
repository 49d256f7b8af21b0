import type { ModuleKind } from '../checkpoint/weight-names.ts';
import type { AdapterSurvival } from '../folder/manifest.ts';

/** Rows of one weight, before and after an adapter, and as both would be stored. */
export interface ChangedRows {
  readonly base: Float32Array;
  readonly merged: Float32Array;
  readonly storedBase: Float32Array;
  readonly storedMerged: Float32Array;
}

interface Sums {
  readonly bits: AdapterSurvival['bits'];
  readonly weights: Set<string>;
  /** Σ Δ² */
  made: number;
  /** Σ (Q(W + Δ) − Q(W))² */
  stored: number;
  /** Σ Δ · (Q(W + Δ) − Q(W)) */
  product: number;
}

/**
 * How much of an adapter's change is left once the weights are stored: the change of the stored weights,
 * Q(W + Δ) − Q(W), against Δ. Cosine 1 and norm ratio 1 mean that nothing was lost; a Δ far below the rounding step
 * leaves most weights as they are and moves the others by a whole step.
 */
export class SurvivalSums {
  readonly #kinds = new Map<ModuleKind, Sums>();

  add(kind: ModuleKind, bits: AdapterSurvival['bits'], weight: string, rows: ChangedRows): void {
    let sums = this.#kinds.get(kind);
    if (sums === undefined)
      this.#kinds.set(kind, (sums = { bits, weights: new Set(), made: 0, stored: 0, product: 0 }));
    sums.weights.add(weight);
    const { base, merged, storedBase, storedMerged } = rows;
    for (let i = 0; i < base.length; i++) {
      const made = merged[i]! - base[i]!;
      const stored = storedMerged[i]! - storedBase[i]!;
      sums.made += made * made;
      sums.stored += stored * stored;
      sums.product += made * stored;
    }
  }

  /** In the order in which the kinds came. */
  summary(): AdapterSurvival[] {
    return Array.from(this.#kinds, ([kind, { bits, weights, made, stored, product }]) => ({
      kind,
      bits,
      weights: weights.size,
      // A change that left no trace has no direction: nothing of it survived.
      cosine: made === 0 ? null : stored === 0 ? 0 : product / Math.sqrt(made * stored),
      normRatio: made === 0 ? null : Math.sqrt(stored / made),
    }));
  }
}
