import { distance, divergence } from '../../report/numbers.ts';
import { curve } from './glyphs.ts';
import type { Reading } from './reading.ts';
import type { Style } from '../style.ts';
import { displayWidth } from '../width.ts';

/** One value in 0..1 a layer. */
export interface Curve {
  readonly label: string;
  readonly shares: readonly number[];
  readonly paint: (text: string) => string;
  /** Follows the curve. */
  readonly summary: string;
}

const LABEL_WIDTH = 9;
const GAP = '  ';
/** Room kept beside a curve for its summary. */
const SUMMARY_WIDTH = 16;
const TICK_EVERY = 10;

/**
 * Entropy and divergence by layer, and the divergence that rounding alone makes, a cell a layer: the shape of the whole
 * table at a glance.
 */
export function curves({ sides, change, floor }: Reading, style: Style): string[] {
  const lnV = Math.log(sides[0].model.vocabSize);
  const shown = sides.map(({ label, position, paint }): Curve => {
    const entropies = position.layers.map(({ entropyNats }) => entropyNats);
    return {
      label: label === 'fine-tune' ? 'H ft' : `H ${label}`,
      shares: entropies.map((nats) => nats / lnV),
      paint,
      summary: fromTo(entropies, (nats) => nats.toFixed(2), style),
    };
  });
  const divergences = (label: string, rows: readonly { readonly jsNats: number }[]): void => {
    const js = rows.map(({ jsNats }) => jsNats);
    shown.push({ label, shares: js.map(distance), paint: (text) => text, summary: fromTo(js, divergence, style) });
  };
  if (change !== undefined) divergences(style.glyphs.distance, change.layers);
  if (floor !== undefined) divergences('floor', floor.layers);
  const full = `H = ln V = ${lnV.toFixed(2)}${change === undefined ? '' : '; JS = ln 2'}`;
  const scales = [`full block: ${full}`, change === undefined ? '0 to ln V' : '0 to ln V; 0 to ln 2'];
  return drawCurves(shown, scales, style);
}

/**
 * Curves one above the other with their axis. What is longer than a line goes on below it: no layer is left out.
 * The first of `scales` that fits beside the axis is added.
 * @param first layer of the first cell
 */
export function drawCurves(shown: readonly Curve[], scales: readonly string[], style: Style, first = 0): string[] {
  const length = Math.max(0, ...shown.map(({ shares }) => shares.length));
  const room = style.width === Infinity ? length : style.width - LABEL_WIDTH - GAP.length - SUMMARY_WIDTH;
  const lines: string[] = [];
  for (let start = 0; start < length; start += room) {
    const end = Math.min(length, start + room);
    const last = end === length;
    for (const { label, shares, paint, summary } of shown) {
      const cells = paint(curve(shares.slice(start, end), style.glyphs));
      lines.push(`${label.padEnd(LABEL_WIDTH)}${cells}${last ? GAP + summary : ''}`);
    }
    const axis = 'layer'.padEnd(LABEL_WIDTH) + ticks(first + start, first + end, style);
    const scale = last ? scales.find((text) => displayWidth(axis + GAP + text) <= style.width) : undefined;
    lines.push((axis + (scale === undefined ? '' : GAP + scale)).trimEnd());
  }
  return lines;
}

/** `E         ╵10       ╵20`: the embedding and every tenth layer; a number that does not fit is left out. */
function ticks(start: number, end: number, { glyphs }: Style): string {
  let text = '';
  for (let layer = start; layer < end; layer++) {
    if (text.length > layer - start) continue;
    if (layer === 0) text += 'E';
    else if (layer % TICK_EVERY === 0) {
      const numbered = `${glyphs.tick}${layer}`;
      text += layer + numbered.length <= end ? numbered : glyphs.tick;
    } else text += ' ';
  }
  return text;
}

function fromTo(values: readonly number[], format: (value: number) => string, { glyphs }: Style): string {
  return `${format(values.at(0) ?? 0)} ${glyphs.arrow} ${format(values.at(-1) ?? 0)}`;
}
