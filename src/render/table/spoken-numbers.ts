import { divergence, percent } from '../../report/numbers.ts';

/** Numbers as a screen reader should say them. */

/** `97.2 percent`, `less than 0.1 percent`. */
export function percentWords(probability: number, digits = 1): string {
  return percent(probability, digits).replace('<', 'less than ').replace('%', ' percent');
}

/** `0.31`: read aloud, trailing zeros are noise. */
export function divergenceWords(nats: number): string {
  return nats >= 1e-4 ? String(Number(nats.toFixed(4))) : divergence(nats);
}
