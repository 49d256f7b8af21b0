import type { Check } from '../../report/schema.ts';
import type { OpenModel } from '../model/open-model.ts';

/** A floor that is known to hold other weights never gets this far: it is an error. */
export function checkFloor(base: OpenModel, floor: OpenModel): Check {
  const known = base.manifest !== undefined && floor.manifest !== undefined;
  return {
    id: 'floor-is-base',
    model: 'floor',
    status: known ? 'pass' : 'warn',
    message: known
      ? `The noise floor is the base under another recipe: ${floor.recipe}.`
      : 'A model folder has no manifest: it cannot be told whether the noise floor holds the weights of the base.',
  };
}
