import type { Chunk } from './chunks.ts';
import type { PlannedWeight } from './decoder/plan.ts';
import type { RowSums } from './encode/task.ts';
import { addSurvival } from './quantize/survival.ts';
import type { WrittenWeight } from './written-weight.ts';

/** The sums of a weight, from those of its chunks in their order. */
export class WeightSums {
  readonly #errors: { errorSquares: number; squares: number }[];
  #survival: WrittenWeight['survival'];

  constructor(weight: PlannedWeight) {
    this.#errors = Array.from(weight.sources.flat(), () => ({ errorSquares: 0, squares: 0 }));
  }

  /** @param sums for each of the chunk's names */
  add(chunk: Chunk, sums: readonly RowSums[]): void {
    for (const [turn, { error, survival }] of sums.entries()) {
      const ofSource = this.#errors[chunk.firstSource + turn]!;
      ofSource.errorSquares += error.errorSquares;
      ofSource.squares += error.squares;
      if (survival === undefined) continue;
      const ofRows = { weights: chunk.from === 0 ? 1 : 0, ...survival };
      this.#survival = this.#survival === undefined ? ofRows : addSurvival(this.#survival, ofRows);
    }
  }

  written(tensors: WrittenWeight['tensors']): WrittenWeight {
    return { tensors, errors: this.#errors, ...(this.#survival && { survival: this.#survival }) };
  }
}
