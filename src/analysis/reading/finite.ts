import { type FtLensError, runtimeError } from '../../errors.ts';

/** Where a number comes from. */
export interface Place {
  readonly model: string;
  readonly position: number;
  readonly layer?: number;
}

/** @throws FtLensError when a number is NaN or infinite: a report never holds such a state */
export function finite(value: number | undefined, what: string, place: Place): number {
  if (value !== undefined && Number.isFinite(value)) return value;
  throw notFinite(what, place, value);
}

function notFinite(what: string, { model, position, layer }: Place, value: number | undefined): FtLensError {
  return runtimeError('The model computed a number that is not finite.', {
    where: `${model}, ${layer === undefined ? '' : `layer ${layer}, `}position ${position}`,
    expected: `a finite ${what}`,
    got: String(value),
    remedy: 'check the weights for overflow: every state of this model must be finite to be read',
  });
}
