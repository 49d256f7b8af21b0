import { percent } from '../numbers.ts';
import type { PartKind, PositionReport } from '../schema.ts';

/** How the verdict writes text that came from a model or a file. */
export interface Wording {
  /** A token: `" me"`. */
  quote(text: string): string;
  /** A message or a name. */
  plain(text: string): string;
}

export const PART_NAMES: Readonly<Record<PartKind, string>> = {
  embedding: 'the embedding',
  attention: 'attention',
  router: 'the router',
  experts: 'the experts',
  norm: 'norms',
  'final-norm': 'the final norm',
  head: 'the head',
};

export function answerToken({ final }: PositionReport, wording: Wording): string {
  return wording.quote(final.top[0]?.text ?? '');
}

/** `" me" 58.9%` */
export function answer({ final }: PositionReport, wording: Wording): string {
  const [first] = final.top;
  return first === undefined ? 'nothing' : `${wording.quote(first.text)} ${percent(first.prob)}`;
}

/** With a capital and a full stop. */
export function sentence(text: string): string {
  const capitalised = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(text) ? capitalised : `${capitalised}.`;
}

/** `a`, `a and b`, `a, b and c` */
export function listed(items: readonly string[], last = 'and'): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} ${last} ${items.at(-1)}`;
}

/** `L-1 to L-4 and L-7`: ascending layers in sentences. */
export function layerRanges(layers: readonly number[]): string {
  return listed(rangesOf(layers).map(([first, last]) => (first === last ? `L-${first}` : `L-${first} to L-${last}`)));
}

/** More ranges of positions than these are only counted. */
const LISTED_RANGES = 4;

/** `position 3`, `positions 1 to 9 and 12`, `24 positions`: ascending positions in sentences. */
export function positionWords(positions: readonly number[]): string {
  const ranges = rangesOf(positions);
  if (ranges.length > LISTED_RANGES) return `${positions.length} positions`;
  const words = ranges.map(([first, last]) => (first === last ? String(first) : `${first} to ${last}`));
  return `${positions.length === 1 ? 'position' : 'positions'} ${listed(words)}`;
}

/** Runs of successive numbers in an ascending list. */
function rangesOf(numbers: readonly number[]): (readonly [first: number, last: number])[] {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  return ranges;
}
