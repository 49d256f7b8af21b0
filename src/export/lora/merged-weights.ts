import type { ModuleKind } from '../checkpoint/weight-names.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';

/**
 * A base with an adapter merged into it. `names` may have `lm_head.weight` though the base has not: an adapter that
 * changes only one of two tied weights unties them.
 */
export interface MergedWeights extends WeightSource {
  /** What kind of module the adapter changes here; undefined when the weight is the base's own. */
  changes(name: string): ModuleKind | undefined;
  /** Rows [from, to) of merged − base as f32, laid out as `rows`; undefined when the weight is the base's own. */
  delta(name: string, from: number, to: number): Promise<Float32Array | undefined>;
}
