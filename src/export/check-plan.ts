import { inputError } from '../errors.ts';
import type { WeightSource } from './checkpoint/weight-source.ts';
import type { PlannedWeight } from './decoder/plan.ts';

/**
 * Every weight of the model has a place in the export, with the shape that it has there; and no place stays empty.
 * @throws FtLensError (input) that names the first weight for which this is not so
 */
export function checkPlan(plan: readonly PlannedWeight[], weights: WeightSource): void {
  const planned = new Set<string>();
  for (const weight of plan) {
    for (const name of weight.sources.flat()) {
      planned.add(name);
      const got = weights.names.has(name) ? `[${weights.shape(name).join(', ')}]` : 'no such weight';
      const expected = `[${weight.sourceShape.join(', ')}]`;
      if (got !== expected)
        throw inputError('A weight does not have the shape that config.json implies.', { where: name, expected, got });
    }
  }
  const left = [...weights.names].find((name) => !planned.has(name));
  if (left !== undefined)
    throw inputError('The checkpoint holds a weight that the decoder has no place for.', { where: left });
}
