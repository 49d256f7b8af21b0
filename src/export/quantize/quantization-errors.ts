import type { ModuleKind } from '../checkpoint/weight-names.ts';
import type { QuantizationError } from '../folder/manifest.ts';

interface Sums {
  /** Σ (stored − original)² */
  errorSquares: number;
  /** Σ original² */
  squares: number;
}

/** What storing costs: |stored − original| / |original| of every weight (Euclidean norms), by kind of module. */
export class QuantizationErrors {
  readonly #kinds = new Map<ModuleKind, { bits: QuantizationError['bits']; weights: Map<string, Sums> }>();

  /**
   * Takes some rows of a weight into account.
   * @returns false when a value is not finite, before or after storing
   */
  add(
    kind: ModuleKind,
    bits: QuantizationError['bits'],
    weight: string,
    original: Float32Array,
    stored: Float32Array,
  ): boolean {
    let errorSquares = 0;
    let squares = 0;
    for (let i = 0; i < original.length; i++) {
      const value = original[i]!;
      const error = stored[i]! - value;
      errorSquares += error * error;
      squares += value * value;
    }
    const sums = this.#sums(kind, bits, weight);
    sums.errorSquares += errorSquares;
    sums.squares += squares;
    return Number.isFinite(errorSquares) && Number.isFinite(squares);
  }

  /** In the order in which the kinds came. */
  summary(): QuantizationError[] {
    return Array.from(this.#kinds, ([kind, { bits, weights }]) => {
      const errors = Array.from(weights, ([weight, sums]) => ({ weight, error: relativeError(sums) }));
      const worst = errors.reduce((most, next) => (next.error > most.error ? next : most));
      const mean = errors.reduce((sum, { error }) => sum + error, 0) / errors.length;
      return { kind, bits, weights: errors.length, mean, worst };
    });
  }

  #sums(kind: ModuleKind, bits: QuantizationError['bits'], weight: string): Sums {
    let ofKind = this.#kinds.get(kind);
    if (ofKind === undefined) this.#kinds.set(kind, (ofKind = { bits, weights: new Map() }));
    let sums = ofKind.weights.get(weight);
    if (sums === undefined) ofKind.weights.set(weight, (sums = { errorSquares: 0, squares: 0 }));
    return sums;
  }
}

function relativeError({ errorSquares, squares }: Sums): number {
  return errorSquares === 0 ? 0 : Math.sqrt(errorSquares / squares);
}
