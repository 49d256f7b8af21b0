import type { ModuleKind } from '../checkpoint/weight-names.ts';
import { ChangeSums } from './change-sums.ts';
import { gradeOf, type MergeGrade } from './grade.ts';

/** What `checkMerge` finds. */
export interface MergeCheck {
  readonly type: 'merge-check';
  /** Absolute folders. */
  readonly base: string;
  readonly ft: string;
  readonly adapter: string;
  /** Every part that the adapter changes is proven to hold its change once. */
  readonly passed: boolean;
  /** Whether all rows of every weight were read, or some of each. */
  readonly allRows: boolean;
  /** What the adapter names, by kind of module. */
  readonly kinds: readonly CheckedKind[];
  /** Weights that are proven not to hold the adapter's change once, the furthest off first. */
  readonly misses: readonly Miss[];
  /** What the adapter does not name and is yet not equal; null when base and fine-tune are stored in different ways. */
  readonly otherChanges: readonly OtherChange[] | null;
}

/** A change, in sizes of the change that the adapter makes; null where the adapter changes nothing. */
interface Measured {
  readonly grade: MergeGrade;
  /** ⟨found, meant⟩ / ⟨meant, meant⟩: 1 merged once, 0 not merged. */
  readonly kept: number | null;
  readonly standardError: number | null;
  /** ‖found − kept · meant‖ / ‖meant‖. */
  readonly noise: number | null;
}

export interface CheckedKind extends Omit<Measured, 'grade'> {
  readonly kind: ModuleKind;
  /** `partly` when some weights are proven to hold the change, and some not to. */
  readonly grade: MergeGrade | 'partly';
  /** How many weights of the adapter have each grade. */
  readonly weights: Readonly<Record<MergeGrade | 'all', number>>;
  /** Share of the elements looked at that are not equal to the base's. */
  readonly changedShare: number;
  /** By layer, from 1 on; none outside the layers. */
  readonly layers: readonly (Measured & { readonly layer: number })[];
}

export interface Miss extends Measured {
  readonly weight: string;
}

interface OtherChange {
  readonly kind: ModuleKind;
  readonly weights: number;
  readonly differing: number;
}

/** One weight, compared. */
export interface CheckedWeight {
  /** Published name. */
  readonly name: string;
  readonly kind: ModuleKind;
  /** Counts from 1; undefined outside the layers. */
  readonly layer: number | undefined;
  /** The adapter changes it. */
  readonly named: boolean;
  readonly sums: ChangeSums;
}

type Facts = Pick<MergeCheck, 'base' | 'ft' | 'adapter' | 'allRows'> & {
  /** A weight that was not changed is equal in both. */
  readonly sameStorage: boolean;
};

/** Puts the weights together by kind, layer and grade. */
export function summarise(checked: readonly CheckedWeight[], { sameStorage, ...facts }: Facts): MergeCheck {
  const named = checked.filter((weight) => weight.named);
  const kinds = Array.from(
    groupBy(named, ({ kind }) => kind),
    ([kind, weights]) => checkedKind(kind, weights),
  );
  const changed = kinds.filter(({ grade }) => grade !== 'zero');
  return {
    type: 'merge-check',
    ...facts,
    passed: changed.length > 0 && changed.every(({ grade }) => grade === 'merged'),
    kinds,
    misses: missesOf(named),
    otherChanges: sameStorage ? otherChanges(checked.filter((weight) => !weight.named)) : null,
  };
}

function checkedKind(kind: ModuleKind, weights: readonly CheckedWeight[]): CheckedKind {
  const all = sumOf(weights);
  const grades = weights.map(({ sums }) => gradeOf(sums.estimate()));
  const count = (grade: MergeGrade): number => grades.filter((other) => other === grade).length;
  const layers = groupBy(
    weights.filter(({ layer }) => layer !== undefined),
    ({ layer }) => layer as number,
  );
  const byLayer = Array.from(layers, ([layer, ofLayer]) => ({ layer, ...measured(sumOf(ofLayer)) }));
  const { grade, ...whole } = measured(all);
  return {
    kind,
    grade: gradeOfAll(grade, [...grades, ...byLayer.map((layer) => layer.grade)]),
    weights: {
      all: weights.length,
      merged: count('merged'),
      missing: count('missing'),
      scaled: count('scaled'),
      unclear: count('unclear'),
      zero: count('zero'),
    },
    ...whole,
    changedShare: all.changed / all.elements,
    layers: byLayer,
  };
}

/** A sum can hide what its terms prove: that some hold the change and some do not, or that all are off in their own way. */
function gradeOfAll(whole: MergeGrade, terms: readonly MergeGrade[]): CheckedKind['grade'] {
  const proven = new Set([whole, ...terms].filter((grade) => grade !== 'unclear' && grade !== 'zero'));
  if (proven.size > 1 && proven.has('merged')) return 'partly';
  if (whole !== 'unclear' || proven.size === 0) return whole;
  return proven.has('scaled') ? 'scaled' : [...proven][0]!;
}

function missesOf(weights: readonly CheckedWeight[]): Miss[] {
  return weights
    .map(({ name, sums }) => ({ weight: name, ...measured(sums) }))
    .filter(({ grade }) => grade === 'missing' || grade === 'scaled')
    .sort((a, b) => Math.abs((b.kept ?? 1) - 1) - Math.abs((a.kept ?? 1) - 1));
}

function otherChanges(weights: readonly CheckedWeight[]): OtherChange[] {
  return Array.from(
    groupBy(weights, ({ kind }) => kind),
    ([kind, ofKind]) => ({
      kind,
      weights: ofKind.length,
      differing: ofKind.filter(({ sums }) => sums.changed > 0).length,
    }),
  ).filter(({ differing }) => differing > 0);
}

function measured(sums: ChangeSums): Measured {
  const estimate = sums.estimate();
  const grade = gradeOf(estimate);
  return { grade, ...(estimate ?? { kept: null, standardError: null, noise: null }) };
}

function sumOf(weights: readonly CheckedWeight[]): ChangeSums {
  const total = new ChangeSums();
  for (const { sums } of weights) total.add(sums);
  return total;
}

function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}
