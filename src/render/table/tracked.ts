import { layerWords, percent } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import { curve } from './glyphs.ts';
import type { Reading, Side } from './reading.ts';
import type { Style } from '../style.ts';
import { displayWidth } from '../width.ts';
import { wrap } from './wrap.ts';

const LABEL_WIDTH = 9;

/** The tokens asked for: a curve of their rank over the layers, the best and the last rank. */
export function tracked({ sides }: Reading, report: Report, style: Style): string[] {
  if (report.settings.tracked.length === 0) return [];
  const title = wrap('Tracked   ', 'rank by layer on a log scale, full block = rank 1', style.width);
  return [
    ...title,
    ...report.settings.tracked.flatMap(({ id, text }) => [
      ...wrap('  ', `${style.quote(text)} #${id}`, style.width),
      ...sides.flatMap((side) => rankCurve(side, id, style)),
    ]),
  ];
}

function rankCurve(side: Side, id: number, style: Style): string[] {
  const rows = side.position.layers.flatMap(({ layer, tracked: tokens }) =>
    tokens.filter((token) => token.id === id).map(({ rank, prob }) => ({ layer, rank, prob })),
  );
  const last = rows.at(-1);
  const best = rows.toSorted((a, b) => a.rank - b.rank)[0];
  if (last === undefined || best === undefined) return [];
  const shares = rows.map(({ rank }) => 1 - Math.log(rank) / Math.log(side.model.vocabSize));
  const words = `best ${best.rank} in ${layerWords(best.layer)}, last ${last.rank} (${percent(last.prob)})`;
  return sideCurve(side, shares, words, style);
}

/** A model's name, one cell for each share in 0..1, and words about them; below it where there is no room beside. */
export function sideCurve({ label, paint }: Side, shares: readonly number[], words: string, style: Style): string[] {
  const name = `  ${label === 'fine-tune' ? 'ft' : label}`.padEnd(LABEL_WIDTH);
  const cells = curve(shares, style.glyphs);
  const indent = ' '.repeat(LABEL_WIDTH);
  if (displayWidth(cells) + LABEL_WIDTH + 2 + displayWidth(words) <= style.width)
    return [`${name}${paint(cells)}  ${words}`];
  const lines = wrap(name, cells, style.width).map(
    (line) => line.slice(0, LABEL_WIDTH) + paint(line.slice(LABEL_WIDTH)),
  );
  return [...lines, ...wrap(indent, words, style.width)];
}
