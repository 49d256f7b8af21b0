import type { Check } from '../../report/schema.ts';
import type { DecoderAnatomy } from '../anatomy/types.ts';
import type { ModelReading } from '../lens/readings.ts';
import type { Side } from '../progress.ts';

/** Attention weights of a head in f32 sum to 1 within 1e-6, in f16 within 1e-3. */
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

/**
 * Router logits that a runtime failed to compute are all equal, mostly 0; a router with weights never gives that. (The
 * weights of the chosen experts are made to sum to 1, so their sum would prove nothing.)
 */
export function checkRouting(model: Side, { positions }: ModelReading): Check {
  const routings = positions.flatMap(({ routing }) => [...routing]);
  const flat = routings.find(([, { probabilities }]) => probabilities.length > 1 && new Set(probabilities).size === 1);
  return {
    id: 'routers-choose',
    model,
    status: flat === undefined ? 'pass' : 'fail',
    message:
      flat === undefined
        ? 'Every router prefers some experts to others.'
        : `The router of layer ${flat[0]} finds all experts equally good: its logits were not computed.`,
  };
}
