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

/** @param wanted layers asked for beside the last, ascending */
export function checkAttention(
  model: Side,
  { attention, attentionLayers }: ModelReading,
  wanted: readonly number[],
): Check {
  const id = 'attention-sums-to-one';
  const read = [...(attention ? [attention] : []), ...attentionLayers];
  const missing = wanted.filter((layer) => !read.some((reading) => reading.layer === layer));
  const sums = read.flatMap(({ attention: { heads } }) => heads.map((head) => head.reduce((a, b) => a + b, 0)));
  const value = sums.reduce((worst, sum) => Math.max(worst, Math.abs(sum - 1)), 0);
  if (!(value <= SUM_LIMIT)) {
    const message = 'The attention weights of a head do not sum to 1: they are not what the layer applies.';
    return { id, model, status: 'fail', value, limit: SUM_LIMIT, message };
  }
  if (attention === undefined || missing.length > 0)
    return { id, model, status: 'warn', message: `${missingWords(missing)} their operator keeps them to itself.` };
  const message = 'The attention weights of every head sum to 1.';
  return { id, model, status: 'pass', value, limit: SUM_LIMIT, message };
}

function missingWords(layers: readonly number[]): string {
  if (layers.length === 0) return 'The last layer gives no attention weights:';
  return layers.length === 1
    ? `Layer ${layers[0]} gives no attention weights:`
    : `Layers ${layers.join(', ')} give no attention weights:`;
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
