import type { Check } from '../../report/schema.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import type { ModelReading } from '../lens/readings.ts';
import type { Side } from '../progress.ts';

/** Sums of f32 weights over the heads of a layer are 1 within 1e-6; f16 attention within 1e-3. */
const SUM_LIMIT = 2e-3;

/** Reading stops at the first number that is not finite, so a report that exists has none. */
export function checkFinite(model: Side): Check {
  return { id: 'all-finite', model, status: 'pass', message: 'Every state, logit and statistic is finite.' };
}

/** The search for layers stops at a contradiction, so here there is none. */
export function checkLayers(model: Side, anatomy: DecoderAnatomy): Check {
  const [layers, states] = [anatomy.layers.length, anatomy.residuals.length];
  return {
    id: 'layers-and-merges',
    model,
    status: 'pass',
    value: layers,
    message: `The graph has ${layers} layers, as config.json says, and ${states} states of the residual stream.`,
  };
}

export function checkAttention(model: Side, { attention }: ModelReading): Check {
  if (attention === undefined)
    return {
      id: 'attention-sums-to-one',
      model,
      status: 'warn',
      message: 'The last layer gives no attention weights: its operator keeps them to itself.',
    };
  const sums = attention.attention.heads.map((head) => head.reduce((a, b) => a + b, 0));
  const value = Math.max(...sums.map((sum) => Math.abs(sum - 1)));
  const passed = value <= SUM_LIMIT;
  return {
    id: 'attention-sums-to-one',
    model,
    status: passed ? 'pass' : 'fail',
    value,
    limit: SUM_LIMIT,
    message: passed
      ? 'The attention weights of every head sum to 1.'
      : 'The attention weights of a head do not sum to 1: they are not what the layer applies.',
  };
}

export function checkRouting(model: Side, { positions }: ModelReading): Check {
  const routings = positions.flatMap(({ routing }) => [...routing.values()]);
  const sums = routings.map(({ experts }) => experts.reduce((sum, { weight }) => sum + weight, 0));
  const value = sums.reduce((worst, sum) => Math.max(worst, Math.abs(sum - 1)), 0);
  // Router logits that a runtime failed to compute are all equal; a trained router never gives that.
  const flat = routings.some(({ probabilities }) => probabilities.length > 1 && new Set(probabilities).size === 1);
  const passed = !flat && value <= SUM_LIMIT;
  return {
    id: 'router-weights-sum-to-one',
    model,
    status: passed ? 'pass' : 'fail',
    value,
    limit: SUM_LIMIT,
    message: passed
      ? 'The weights of the chosen experts sum to 1 in every layer.'
      : flat
        ? 'A router finds all experts equally good: its logits were not computed.'
        : 'The weights of the chosen experts do not sum to 1.',
  };
}
