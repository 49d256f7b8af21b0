import { percent } from '../../../report/numbers.ts';
import type { ContinuationData } from '../page-data.ts';

/** Ranks under the other model up to which a token is not shifted, and up to which it is so marginally. */
const FIRST = 1;
const LAST_MARGINAL = 3;

export function colourOf({ writer }: ContinuationData): 'base' | 'ft' {
  return writer === 'Fine-tune' ? 'ft' : 'base';
}

export function textOf({ page, start }: ContinuationData, index: number): string {
  return page.tokens.text[page.prompt[start + index] ?? -1] ?? '';
}

export function shiftOf({ judge }: ContinuationData, index: number): 'unshifted' | 'marginal' | 'shifted' {
  const rank = judge?.rank[index] ?? FIRST;
  if (rank <= FIRST) return 'unshifted';
  return rank <= LAST_MARGINAL ? 'marginal' : 'shifted';
}

/** `token 3: 41.2%, under base 0.1%, rank 10` */
export function tokenWords({ prob, judge }: ContinuationData, index: number): string {
  const own = `token ${index + 1}: ${percent(prob[index] ?? 0)}`;
  if (judge === null) return own;
  return `${own}, under ${judge.label} ${percent(judge.prob[index] ?? 0)}, rank ${judge.rank[index] ?? ''}`;
}
