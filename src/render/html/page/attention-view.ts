import type { AttentionData, ModelData } from '../page-data.ts';
import { colourOf } from './model-colour.ts';
import type { PageReport } from './report.ts';

/** One layer's attention in every model of the page. */
export interface AttentionView {
  readonly layer: number;
  /** the position that attends */
  readonly queryPosition: number;
  readonly sides: readonly [AttentionSide, ...AttentionSide[]];
  /** between the means over heads; null for one model */
  readonly js: number | null;
  /** of rounding alone; null unless a noise floor was measured */
  readonly floorJs: number | null;
  /** by head; empty where it is not known */
  readonly headJs: readonly number[];
}

export interface AttentionSide {
  readonly label: ModelData['label'];
  readonly kind: 'base' | 'ft';
  readonly attention: AttentionData;
}

/** The layers that every model lists, ascending. */
export function attentionViews({ data: { models, change } }: PageReport): AttentionView[] {
  const [first] = models;
  return (first?.attention ?? []).flatMap(({ layer, queryPosition }) => {
    const sides = models.flatMap((model): AttentionSide[] => {
      const attention = model.attention.find((each) => each.layer === layer && each.queryPosition === queryPosition);
      return attention === undefined ? [] : [{ label: model.label, kind: colourOf(model), attention }];
    });
    const [side, ...others] = sides;
    if (side === undefined || sides.length < models.length) return [];
    const changed = change?.attention.find((each) => each.layer === layer);
    const headJs = changed?.heads ?? [];
    const floorJs = change?.floor?.attention.find((each) => each.layer === layer)?.js ?? null;
    return [{ layer, queryPosition, sides: [side, ...others], js: changed?.js ?? null, floorJs, headJs }];
  });
}

/** Numbers of the heads that every side has. */
export function headNumbers({ sides }: AttentionView): number[] {
  const count = Math.min(...sides.map(({ attention }) => attention.heads.length));
  return Array.from({ length: count }, (_, head) => head);
}

/** The largest weight, without position 0 where there are others: it is an attention sink. */
export function largestWeight(weights: readonly (number | null)[]): number {
  const others = weights.length > 1 ? weights.slice(1) : weights;
  return others.reduce<number>((most, weight) => Math.max(most, weight ?? 0), 0) || 1e-9;
}

/** Fine-tune − base, by position. */
export function weightChange(base: readonly (number | null)[], ft: readonly (number | null)[]): number[] {
  return ft.map((weight, position) => (weight ?? 0) - (base[position] ?? 0));
}

/** Place of a difference on a scale that is symmetric about 0. */
export function signedShare(value: number, largest: number): number {
  return largest === 0 ? 0.5 : 0.5 + value / largest / 2;
}
