/**
 * Token ids of a prompt of any length, spread over the first half of a vocabulary, where every row is a token.
 * hf-analyze.py has the same rule.
 */
export function promptIds(tokens: number, vocabulary: number): number[] {
  const half = Math.floor(vocabulary / 2);
  return Array.from({ length: tokens }, (_, i) => (7_919 * i + 31) % half);
}
