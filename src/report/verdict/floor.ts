import { divergence, layerWords, percent } from '../numbers.ts';
import type { FloorPosition, FloorReport, PositionComparison, PositionReport } from '../schema.ts';
import { layerRanges, type Wording } from './words.ts';

/** The noise floor at one position, beside what the fine-tune changes there. */
export interface FloorContext {
  readonly floor: FloorReport;
  readonly position: FloorPosition;
  readonly change: PositionComparison;
}

/** At the position of the comparison; undefined when no floor was measured. */
export function floorContext(floor: FloorReport | undefined, change: PositionComparison): FloorContext | undefined {
  const position = floor?.positions.find((candidate) => candidate.position === change.position);
  return floor && position && { floor, position, change };
}

/** Whether no row of a position differs by more than rounding alone does. */
export function liesWithin(change: PositionComparison): boolean {
  return change.layers.length > 0 && change.layers.every(({ withinFloor }) => withinFloor === true);
}

/** How the difference stands to what rounding alone does to the base. */
export function floorSentences(
  { floor, position, change }: FloorContext,
  base: PositionReport,
  wording: Wording,
): string[] {
  return [
    ...aboveFloor({ floor, position, change }, wording),
    roundingChanges(position, base, wording),
    ...otherPositions(floor),
  ];
}

function aboveFloor({ floor, position, change }: FloorContext, { plain }: Wording): string[] {
  const rows = change.layers.map((row, layer) => ({ ...row, floorJs: position.layers[layer]?.jsNats ?? 0 }));
  const above = rows.filter(({ withinFloor }) => withinFloor === false);
  const [first] = above;
  const largest = above.toSorted((a, b) => b.jsNats - a.jsNats)[0];
  const name = plain(floor.name);
  if (first === undefined || largest === undefined) {
    const most = Math.max(0, ...rows.map(({ floorJs }) => floorJs));
    return [
      `The noise floor is ${name}: in its weights the base differs from itself by a JS of up to ${divergence(most)}.`,
    ];
  }
  const count = above.length === rows.length ? `All ${rows.length} rows` : `${above.length} of ${rows.length} rows`;
  return [
    `${count} lie above the noise floor (${name}), the first at ${layerWords(first.layer)}; JS is largest at ${layerWords(largest.layer)}: ${divergence(largest.jsNats)}, where rounding alone gives ${divergence(largest.floorJs)}.`,
  ];
}

/** A top-1 that rounding alone changes says nothing about training. */
function roundingChanges({ layers, answer }: FloorPosition, base: PositionReport, { quote }: Wording): string {
  const changed = layers.filter(({ sameTop1 }) => !sameTop1).map(({ layer }) => layer);
  const where = rowWords(changed);
  const [before] = base.final.top;
  if (before !== undefined && before.id !== answer.id) {
    const rows = changed.length === 0 ? '' : `, and the top-1 of ${where}`;
    return `Rounding alone changes the answer to ${quote(answer.text)} ${percent(answer.prob)}${rows}.`;
  }
  return changed.length === 0
    ? 'Rounding alone changes no top-1.'
    : `Rounding alone changes the top-1 of ${where}, not the answer.`;
}

function rowWords(layers: readonly number[]): string {
  const ranges = layerRanges(layers.filter((layer) => layer > 0));
  if (!layers.includes(0)) return ranges;
  return ranges === '' ? layerWords(0) : `${layerWords(0)} and ${ranges}`;
}

function otherPositions({ positions, rows }: FloorReport): string[] {
  if (positions.length < 2) return [];
  return [
    `Over all ${positions.length} positions ${rows.total - rows.withinFloor} of ${rows.total} rows lie above the noise floor.`,
  ];
}
