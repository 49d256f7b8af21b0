import type { ModuleKind } from '../checkpoint/weight-names.ts';
import type { AdapterSurvival } from '../folder/manifest.ts';
import type { SurvivalSums } from '../written-weight.ts';

/** Rows of one weight, before and after an adapter, and as both would be stored. */
interface ChangedRows {
  readonly base: Float32Array;
  readonly merged: Float32Array;
  readonly storedBase: Float32Array;
  readonly storedMerged: Float32Array;
}

/** The sums of {@link SurvivalSums} over some rows, in f64 and in their order. */
export function survivalSums({ base, merged, storedBase, storedMerged }: ChangedRows): Omit<SurvivalSums, 'weights'> {
  const sums = { made: 0, stored: 0, product: 0 };
  for (let i = 0; i < base.length; i++) {
    const made = merged[i]! - base[i]!;
    const stored = storedMerged[i]! - storedBase[i]!;
    sums.made += made * made;
    sums.stored += stored * stored;
    sums.product += made * stored;
  }
  return sums;
}

/**
 * How much of an adapter's change is left once the weights are stored: the change of the stored weights,
 * Q(W + Δ) − Q(W), against Δ. Cosine 1 and norm ratio 1 mean that it is stored whole and without noise; a Δ far below
 * the rounding step leaves most weights as they are and moves the others by a whole step. What the two numbers mean
 * together, folder/survival.ts says.
 */
export class AdapterSurvivals {
  readonly #kinds = new Map<ModuleKind, { bits: AdapterSurvival['bits']; sums: SurvivalSums }>();

  /** Takes some weights into account. */
  add(kind: ModuleKind, bits: AdapterSurvival['bits'], sums: SurvivalSums): void {
    const before = this.#kinds.get(kind)?.sums;
    this.#kinds.set(kind, { bits, sums: before === undefined ? sums : addSurvival(before, sums) });
  }

  /** In the order in which the kinds came. */
  summary(): AdapterSurvival[] {
    return Array.from(
      this.#kinds,
      ([
        kind,
        {
          bits,
          sums: { weights, made, stored, product },
        },
      ]) => ({
        kind,
        bits,
        weights,
        // A change that left no trace has no direction: nothing of it survived.
        cosine: made === 0 ? null : stored === 0 ? 0 : product / Math.sqrt(made * stored),
        normRatio: made === 0 ? null : Math.sqrt(stored / made),
      }),
    );
  }
}

export function addSurvival(a: SurvivalSums, b: SurvivalSums): SurvivalSums {
  return {
    weights: a.weights + b.weights,
    made: a.made + b.made,
    stored: a.stored + b.stored,
    product: a.product + b.product,
  };
}
