import type { KnownParts, PartReport, PositionComparison } from '../schema.ts';

/** A part whose tensors differ, and the layers in which they do; none for the final norm and the head. */
export type Cause = Pick<PartReport, 'kind' | 'layers'>;

const AFTER_LAYERS = new Set(['final-norm', 'head']);

/**
 * The parts that can have caused the first difference at a position. Equal tensors compute equal states, and a state
 * depends only on what comes before it: one that differs first in layer n can have been changed by nothing but differing
 * tensors of layers up to n. Where all states are equal and the predictions are not, only what follows the layers is left.
 */
export function causesOf({ kinds }: KnownParts, change: PositionComparison): Cause[] {
  const differing = kinds.filter((part) => part.differing > 0).map(({ kind, layers }) => ({ kind, layers }));
  const first = change.firstDivergentLayer;
  if (first !== null) {
    return differing
      .map(({ kind, layers }) => ({ kind, layers: layers.filter((layer) => layer <= first) }))
      .filter(({ layers }) => layers.length > 0);
  }
  return change.layers.every(({ jsNats }) => jsNats === 0)
    ? []
    : differing.filter(({ kind }) => AFTER_LAYERS.has(kind));
}
