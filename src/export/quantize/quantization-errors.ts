import type { ModuleKind } from '../checkpoint/weight-names.ts';
import type { QuantizationError } from '../folder/manifest.ts';
import type { ErrorSums } from '../written-weight.ts';

/** The sums of {@link ErrorSums} over some weights, in f64 and in their order. */
export function errorSums(original: Float32Array, stored: Float32Array): ErrorSums {
  let errorSquares = 0;
  let squares = 0;
  for (let i = 0; i < original.length; i++) {
    const value = original[i]!;
    const error = stored[i]! - value;
    errorSquares += error * error;
    squares += value * value;
  }
  return { errorSquares, squares };
}

/** What storing costs: |stored − original| / |original| of every weight (Euclidean norms), by kind of module. */
export class QuantizationErrors {
  readonly #kinds = new Map<ModuleKind, { bits: QuantizationError['bits']; errors: WeightError[] }>();

  /** Takes a weight into account. */
  add(kind: ModuleKind, bits: QuantizationError['bits'], weight: string, sums: ErrorSums): void {
    let ofKind = this.#kinds.get(kind);
    if (ofKind === undefined) this.#kinds.set(kind, (ofKind = { bits, errors: [] }));
    ofKind.errors.push({ weight, error: relativeError(sums) });
  }

  /** In the order in which the kinds came. */
  summary(): QuantizationError[] {
    return Array.from(this.#kinds, ([kind, { bits, errors }]) => {
      const worst = errors.reduce((most, next) => (next.error > most.error ? next : most));
      const mean = errors.reduce((sum, { error }) => sum + error, 0) / errors.length;
      return { kind, bits, weights: errors.length, mean, worst };
    });
  }
}

interface WeightError {
  readonly weight: string;
  readonly error: number;
}

function relativeError({ errorSquares, squares }: ErrorSums): number {
  return errorSquares === 0 ? 0 : Math.sqrt(errorSquares / squares);
}
