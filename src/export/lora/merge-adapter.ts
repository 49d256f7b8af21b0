import { inputError } from '../../errors.ts';
import { describeWeight, EMBEDDING, HEAD, type ModuleKind } from '../checkpoint/weight-names.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import { addLowRank, denseRows, scaleRows } from './low-rank.ts';
import type { Adapter } from './open-adapter.ts';
import type { LowRankChange } from './weight-change.ts';

/**
 * A base with an adapter merged into it. `names` may have `lm_head.weight` though the base has not: an adapter that
 * changes only one of two tied weights unties them.
 */
export interface MergedWeights extends WeightSource {
  /** What kind of module the adapter changes here; undefined when the weight is the base's own. */
  changes(name: string): ModuleKind | undefined;
  /** Rows [from, to) of the weight before merging, laid out as `rows`; of an untied head, the embedding's. */
  baseRows(name: string, from: number, to: number): Promise<Float32Array>;
}

/**
 * The base with the adapter merged, row by row as asked for: W' = W + scale * B A, rounded to f32 once (with
 * DoRA once more, after its rows have got their length).
 *
 * An adapter that changes the embedding or the head of a tied model unties them: in training each has its own factors
 * over the common weight. (PEFT's merge_and_unload adds both to the common weight, which is not the trained model.)
 */
export function mergeAdapter(base: WeightSource, adapter: Adapter): MergedWeights {
  const { changes } = adapter;
  const unties = !base.names.has(HEAD) && (changes.has(HEAD) || changes.has(EMBEDDING));
  const names = unties ? new Set([...base.names, HEAD]) : base.names;
  const stored = (name: string) => (unties && name === HEAD ? EMBEDDING : name);
  const baseRows = (name: string, from: number, to: number) => base.rows(stored(name), from, to);

  async function rows(name: string, from: number, to: number): Promise<Float32Array> {
    const change = changes.get(name);
    if (change === undefined) return baseRows(name, from, to);
    const [, columns = 1] = base.shape(stored(name)) as [number, number?];
    if (change.type === 'replacement') {
      return adapter.read(change.tensor, change.firstElement + from * columns, (to - from) * columns);
    }
    const merged = (await baseRows(name, from, to)).slice();
    await addChange(merged, change, from, to, columns);
    if (change.magnitude !== undefined) scaleRows(merged, (await adapter.tensor(change.magnitude)).subarray(from, to));
    checkFinite(merged, name, from, columns);
    return merged;
  }

  async function addChange(weights: Float32Array, change: LowRankChange, from: number, to: number, columns: number) {
    const [bValues, aValues] = await Promise.all([adapter.tensor(change.b.tensor), adapter.tensor(change.a.tensor)]);
    const b = denseRows(bValues, change.b, from, to, change.rank);
    const a = denseRows(aValues, change.a, 0, change.rank, columns);
    addLowRank(weights, b, a, change.rank, change.scale);
  }

  return {
    names,
    shape: (name) => base.shape(stored(name)),
    rows,
    baseRows,
    changes: (name) => (changes.has(name) ? describeWeight(name).kind : undefined),
  };
}

function checkFinite(weights: Float32Array, name: string, firstRow: number, columns: number): void {
  for (let i = 0; i < weights.length; i++) {
    if (Number.isFinite(weights[i])) continue;
    throw inputError('Merging the adapter gives a weight that is not a number.', {
      where: `${name}, row ${firstRow + Math.floor(i / columns)}, column ${i % columns}`,
      expected: 'a finite number',
      got: String(weights[i]),
      remedy: 'The base or the adapter is damaged, or its alpha is far too large.',
    });
  }
}
