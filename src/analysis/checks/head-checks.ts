import type { Check } from '../../report/schema.ts';
import type { ModelReading } from '../lens/readings.ts';
import type { Side } from '../progress.ts';
import type { OwnLogits } from '../surgery/own-logits.ts';

/**
 * The lens reads the last row with the model's own norm and head, so its probabilities must be those that the model
 * computes by itself. Two orders of f32 summation over some thousand products differ by 1e-6 at most; a norm that is
 * left out or applied twice by 0.1 and more.
 */
const LAST_ROW_LIMIT = 1e-4;

/**
 * A prediction has to differ from the uniform one, by its KL divergence in nats. States that overflowed to zeros give
 * exactly 0; the flattest predictions of untrained models 0.02.
 */
const UNIFORM_LIMIT = 0.01;

export function checkLastRow(model: Side, reading: ModelReading, norm: 'final' | 'none', ownLogits: OwnLogits): Check {
  const value = reading.positions.reduce((worst, { headDifference }) => Math.max(worst, headDifference), 0);
  const passed = value <= LAST_ROW_LIMIT;
  const passing =
    ownLogits === 'untouched'
      ? "The lens's last row is the model's own output."
      : "The lens's last row is the model's own output, as a copy of its norm and head gives it (the prompt is long).";
  const failing =
    norm === 'none'
      ? "The lens's last row is not the model's own output, because the final norm was left out (--norm none): no row shows what the model predicts."
      : "The lens's last row is not the model's own output: its rows do not show what the model predicts.";
  return {
    id: 'last-row-is-model-output',
    model,
    status: passed ? 'pass' : 'fail',
    value,
    limit: LAST_ROW_LIMIT,
    message: passed ? passing : failing,
  };
}

/** @param vocabulary rows of the head */
export function checkLastRowShape(model: Side, { positions }: ModelReading, vocabulary: number): Check {
  const lastRows = positions.map(({ rows }) => rows.at(-1) as (typeof rows)[number]);
  const value = Math.max(0, Math.min(...lastRows.map(({ entropy }) => Math.log(vocabulary) - entropy)));
  const zero = lastRows.some(({ residualNorm }) => residualNorm === 0);
  const passed = !zero && value >= UNIFORM_LIMIT;
  const failing = zero
    ? 'The last residual state is all zeros: an overflow or a missing weight.'
    : 'The last row is nearly uniform: every token is about equally probable, as when the final norm is missing.';
  return {
    id: 'last-row-not-degenerate',
    model,
    status: passed ? 'pass' : 'fail',
    value,
    limit: UNIFORM_LIMIT,
    message: passed ? 'The last row differs from the uniform distribution (KL, nats).' : failing,
  };
}
