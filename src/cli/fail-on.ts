import { usageError } from '../errors.ts';
import type { Report } from '../report/schema.ts';

export const FAIL_RULES = ['no-difference', 'within-noise', 'self-check'] as const;
export type FailRule = (typeof FAIL_RULES)[number];

/** When each rule of `--fail-on` holds. */
const HOLDS: Readonly<Record<FailRule, (report: Report) => boolean>> = {
  'no-difference': (report) => report.comparison?.identical === true,
  'within-noise': ({ comparison }) =>
    comparison !== undefined && (comparison.identical || comparison.verdict?.kind === 'within-noise'),
  'self-check': (report) => report.checks.some(({ status }) => status === 'fail'),
};

/**
 * Whether one of the rules holds: on this prompt the two models are bit-identical, or do not differ by more than
 * rounding does, or a self-check failed.
 */
export function failsOn(report: Report, rules: readonly FailRule[]): boolean {
  return rules.some((rule) => HOLDS[rule](report));
}

/** Refuses, before any work is done, a rule that the models given cannot answer. */
export function checkRules(
  rules: readonly FailRule[],
  { ft, floor }: { readonly ft?: string; readonly floor?: string },
): void {
  const compares = rules.find((rule) => rule !== 'self-check');
  if (ft === undefined && compares !== undefined) {
    throw usageError('One model alone has no difference.', {
      where: `--fail-on ${compares}`,
      expected: '--base and --ft',
      got: 'one model',
      remedy: 'give --ft DIR as well, or leave this rule out',
    });
  }
  if (floor === undefined && rules.includes('within-noise')) {
    throw usageError('Without a noise floor it is not known what is noise.', {
      where: '--fail-on within-noise',
      expected: '--floor as well',
      remedy: 'ft-lens export --checkpoint DIR --out DIR --bits 8 makes one',
    });
  }
}
