import { inputError } from '../../errors.ts';
import { describeWeight, EMBEDDING, HEAD, type ModuleKind } from '../checkpoint/weight-names.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import type { Adapter } from './open-adapter.ts';
import { changeRows, type RowsChange } from './rows-change.ts';

/**
 * A base with an adapter merged into it. `names` may have `lm_head.weight` though the base has not: an adapter that
 * changes only one of two tied weights unties them.
 */
export interface MergedWeights extends WeightSource {
  /** What kind of module the adapter changes here; undefined when the weight is the base's own. */
  changes(name: string): ModuleKind | undefined;
  /** What is done to rows [from, to) of the weight: {@link changeRows} does it. Undefined as with `changes`. */
  change(name: string, from: number, to: number): Promise<RowsChange | undefined>;
  /** Name of the weight that is changed: its own, or of an untied head, the embedding's. */
  baseName(name: string): string;
  /** Rows [from, to) of the weight before merging, laid out as `rows`. */
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
  const baseName = (name: string) => (unties && name === HEAD ? EMBEDDING : name);
  const baseRows = (name: string, from: number, to: number) => base.rows(baseName(name), from, to);

  async function change(name: string, from: number, to: number): Promise<RowsChange | undefined> {
    const made = changes.get(name);
    if (made === undefined) return undefined;
    const [, columns = 1] = base.shape(baseName(name)) as [number, number?];
    if (made.type === 'replacement') {
      const first = made.firstElement + from * columns;
      return { type: 'replacement', values: await adapter.read(made.tensor, first, (to - from) * columns) };
    }
    const { rank, scale, magnitude } = made;
    const [b, a] = await Promise.all([adapter.tensor(made.b.tensor), adapter.tensor(made.a.tensor)]);
    return {
      type: 'low-rank',
      rank,
      scale,
      rows: to - from,
      columns,
      b: { ...made.b, values: b, offset: made.b.offset + from * made.b.rowStride },
      a: { ...made.a, values: a },
      magnitude: magnitude === undefined ? undefined : (await adapter.tensor(magnitude)).slice(from, to),
    };
  }

  async function rows(name: string, from: number, to: number): Promise<Float32Array> {
    const [before, made] = await Promise.all([baseRows(name, from, to), change(name, from, to)]);
    if (made === undefined) return before;
    const merged = changeRows(before, made);
    if (made.type === 'low-rank') checkFinite(merged, name, from, made.columns);
    return merged;
  }

  return {
    names,
    shape: (name) => base.shape(baseName(name)),
    rows,
    baseName,
    baseRows,
    change,
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
      remedy: 'check both files: the base or the adapter is damaged, or its alpha is far too large',
    });
  }
}
