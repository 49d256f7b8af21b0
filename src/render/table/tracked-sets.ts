import { layerWords, percent, tokenCount } from '../../report/numbers.ts';
import type { Report, TrackedSetReport } from '../../report/schema.ts';
import type { Style } from '../style.ts';
import type { Reading, Side } from './reading.ts';
import { percentWords } from './spoken-numbers.ts';
import { sideCurve } from './tracked.ts';
import { flow, wrap } from './wrap.ts';

/** Columns of a name or token: it stays on a line with others. */
const LONGEST_TEXT = 24;

/** The sets of tokens asked for: a curve of their probability over the layers, and their best token in the last one. */
export function trackedSets({ sides }: Reading, { settings }: Report, style: Style): string[] {
  const { trackedSets: sets = [] } = settings;
  if (sets.length === 0) return [];
  const title = 'probability of its tokens together, by layer, full block = 1; in brackets its best rank';
  return [
    ...wrap('Sets      ', title, style.width),
    ...sets.flatMap((set, index) => [
      ...members(set, style),
      ...sides.flatMap((side) => massCurve(side, set, index, style)),
    ]),
  ];
}

function members({ name, tokens }: TrackedSetReport, { quote, width }: Style): string[] {
  const texts = tokens.map(({ text }) => quote(text, LONGEST_TEXT));
  return flow(`  ${quote(name, LONGEST_TEXT)}: `, texts, ' ', width);
}

/** The same in sentences. */
export function trackedSetSentences({ sides }: Reading, { settings }: Report, { quote }: Style): string[] {
  return (settings.trackedSets ?? []).flatMap((set, index) =>
    sides.flatMap((side) => {
      const mass = massOf(side, set, index);
      if (mass === undefined) return [];
      const { last, most, best } = mass;
      return `Tracked set ${quote(set.name)}, ${tokenCount(set.tokens.length)}, ${side.label}: ${percentWords(last.prob)} in the last layer, most ${percentWords(most.prob)} in ${layerWords(most.layer)}. Its best token there is ${quote(best)}, rank ${last.bestRank}.`;
    }),
  );
}

function massCurve(side: Side, set: TrackedSetReport, index: number, style: Style): string[] {
  const mass = massOf(side, set, index);
  if (mass === undefined) return [];
  const { rows, last, most, best } = mass;
  const token = `${last.bestRank} ${style.quote(best, LONGEST_TEXT)}`;
  const words = `last ${percent(last.prob)} (${token}), most ${percent(most.prob)} in ${layerWords(most.layer)}`;
  const shares = rows.map(({ prob }) => prob);
  return sideCurve(side, shares, words, style);
}

/** A set in every layer of a model, in its last and most probable ones, and its best token in the last. */
function massOf({ position }: Side, { tokens }: TrackedSetReport, index: number) {
  const rows = position.layers.flatMap(({ layer, trackedSets: all = [] }) => {
    const row = all[index];
    return row === undefined ? [] : [{ layer, ...row }];
  });
  const last = rows.at(-1);
  const most = rows.toSorted((a, b) => b.prob - a.prob)[0];
  if (last === undefined || most === undefined) return undefined;
  return { rows, last, most, best: tokens.find(({ id }) => id === last.bestId)?.text ?? '' };
}
