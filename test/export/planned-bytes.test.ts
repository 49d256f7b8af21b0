import { expect, it } from 'vitest';
import { planWeights } from '../../src/export/decoder/plan.ts';
import { DEFAULT_RECIPE } from '../../src/export/decoder/recipe.ts';
import { plannedBytes } from '../../src/export/planned-bytes.ts';
import { TINY_CONFIG } from './decoder/tiny-config.ts';

const plan = planWeights(TINY_CONFIG, DEFAULT_RECIPE, false);
const tensors = plan.flatMap((weight) => weight.tensors);
const alone = plannedBytes(plan, () => false);

it('counts whole pages for every tensor', () => {
  expect(alone).toBeGreaterThanOrEqual(4096 * tensors.length);
});

it('counts what is shared only as room to compare the largest of it', () => {
  const shared = plannedBytes(plan, ({ kind }) => kind === 'experts');
  const rest = plan.filter(({ kind }) => kind !== 'experts');
  expect(shared).toBeLessThan(alone);
  expect(shared).toBeGreaterThan(plannedBytes(rest, () => false));
});
