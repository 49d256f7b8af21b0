import type { ChangeEstimate } from './change-sums.ts';

/**
 * `merged`: the adapter's change is there once. `missing`: it is not there. `scaled`: it is there in another size, as
 * after merging twice or with another alpha. `unclear`: rounding is too loud to tell. `zero`: the adapter changes nothing.
 */
export type MergeGrade = 'merged' | 'missing' | 'scaled' | 'unclear' | 'zero';

/** Systematic deviations: weights that are cut at the ends of a block's range, row lengths of DoRA on a rounded base. */
const TOLERANCE = 0.05;
/** In standard errors. By chance alone one weight in 16,000 lies further off, fewer than a large model has by hundreds. */
const CONFIDENCE = 4;
/** Beyond this half-width the intervals around 0 and 1 touch. */
const WIDEST = 0.5;

export function gradeOf(estimate: ChangeEstimate | undefined): MergeGrade {
  if (estimate === undefined) return 'zero';
  const { kept, standardError } = estimate;
  const halfWidth = TOLERANCE + CONFIDENCE * standardError;
  if (halfWidth >= WIDEST) return 'unclear';
  if (Math.abs(kept - 1) <= halfWidth) return 'merged';
  return Math.abs(kept) <= halfWidth ? 'missing' : 'scaled';
}
