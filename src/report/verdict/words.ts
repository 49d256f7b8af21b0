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
  const ranges: [first: number, last: number][] = [];
  for (const layer of layers) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === layer - 1) range[1] = layer;
    else ranges.push([layer, layer]);
  }
  return listed(ranges.map(([first, last]) => (first === last ? `L-${first}` : `L-${first} to L-${last}`)));
}
