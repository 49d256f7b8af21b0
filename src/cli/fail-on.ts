import { usageError } from '../errors.ts';
import type { Report } from '../report/schema.ts';

export const FAIL_RULES = ['no-difference', 'self-check'] as const;
export type FailRule = (typeof FAIL_RULES)[number];

/** When each rule of `--fail-on` holds. */
const HOLDS: Readonly<Record<FailRule, (report: Report) => boolean>> = {
  'no-difference': (report) => report.comparison?.identical === true,
  'self-check': (report) => report.checks.some(({ status }) => status === 'fail'),
};

/** Whether one of the rules holds: the two models are bit-identical on this prompt, or a self-check failed. */
export function failsOn(report: Report, rules: readonly FailRule[]): boolean {
  return rules.some((rule) => HOLDS[rule](report));
}

/** Refuses, before any work is done, a rule that one model alone cannot answer. */
export function checkRules(rules: readonly FailRule[], models: { readonly ft?: string }): void {
  if (models.ft !== undefined || !rules.includes('no-difference')) return;
  throw usageError('One model alone has no difference.', {
    where: '--fail-on no-difference',
    expected: '--base and --ft',
  });
}
