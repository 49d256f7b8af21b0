import { shape } from './dom.ts';

const WIDTH = 240;
const HEIGHT = 34;
const MARGIN = 3;

/** A curve in a table: one share in 0..1 for each layer, 1 on top. What it shows is also said in numbers beside it. */
export function sparkLine(shares: readonly (number | null)[], kind: string): SVGElement {
  const points = shares.flatMap((share, row) => {
    if (share === null) return [];
    const x = ((row + 0.5) / shares.length) * WIDTH;
    const y = MARGIN + (1 - Math.min(1, share)) * (HEIGHT - 2 * MARGIN);
    return [`${x.toFixed(1)},${y.toFixed(1)}`];
  });
  return shape(
    'svg',
    { width: WIDTH, height: HEIGHT, 'aria-hidden': 'true' },
    shape('polyline', { class: `line ${kind}`, points: points.join(' ') }),
  );
}

/** Shares of ranks on a log scale: 1 for rank 1, 0 for the last of the vocabulary. */
export function rankShares(ranks: readonly (number | null)[], lnVocabulary: number): (number | null)[] {
  return ranks.map((rank) => (rank === null ? null : 1 - Math.log(rank) / lnVocabulary));
}
