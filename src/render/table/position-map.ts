import { distance, layerName } from '../../report/numbers.ts';
import type { LayerReport, Report } from '../../report/schema.ts';
import type { Style, TableView } from '../style.ts';
import { cut } from '../width.ts';
import { curve } from './glyphs.ts';
import type { Reading, Side } from './reading.ts';
import { flow, wrap } from './wrap.ts';

export type MapKind = 'js' | 'entropy' | 'prob';

/** One layer and position of the map: a single character. */
type CellOf = (reading: Reading, layer: number) => string;

interface PositionMap {
  readonly title: string;
  readonly cell: CellOf;
}

/** Columns beside the cells: `L-48  │ `. */
const MARGIN = 8;
const LAYER_WIDTH = 6;
const TICK_EVERY = 10;
/** With more positions than these, a table for each hides what they have in common. */
const MOST_TABLES = 3;
const LONGEST_TOKEN = 12;

/** Whether the positions are shown as a map, and only the last one as tables. */
export function showsMap(readings: readonly Reading[], { map }: TableView): boolean {
  return readings.length > MOST_TABLES || (map !== undefined && readings.length > 1);
}

/** Layers × positions, the last layer on top, one character a cell; what is wider than a line goes on below. */
export function positionMap(readings: readonly Reading[], report: Report, view: TableView, style: Style): string[] {
  const room = Math.min(readings.length, style.width - MARGIN);
  const lines: string[] = [];
  for (const { title, cell } of mapsOf(readings, view.map, report, style)) {
    lines.push(...(lines.length === 0 ? [] : ['']), ...wrap('', title, style.width).map(style.palette.bold));
    for (let start = 0; start < readings.length; start += room) {
      const page = readings.slice(start, start + room);
      lines.push(...pageRows(page, layersOf(page, view), cell, style), ...axis(page, style));
    }
  }
  const tokens = readings.map(({ position }) => {
    const text = style.token(report.prompt.tokens[position]?.text ?? '');
    return `${position} ${cut(text, LONGEST_TOKEN, style.glyphs.ellipsis)}`;
  });
  return [...lines, ...flow('tokens   ', tokens, '  ', style.width)];
}

function mapsOf(
  readings: readonly Reading[],
  asked: MapKind | undefined,
  { models }: Report,
  style: Style,
): PositionMap[] {
  const { glyphs } = style;
  const pair = readings.some(({ change }) => change !== undefined);
  const kind = asked ?? (pair ? 'js' : 'entropy');
  if (kind === 'js' && pair) {
    const noise = readings.some(({ floor }) => floor !== undefined) ? `; ${glyphs.within} within the noise floor` : '';
    const title = `${glyphs.distance} by layer and position, full = JS ln 2; ${glyphs.otherTop1} other top-1; blank: JS is 0`;
    return [{ title: title + noise, cell: (reading, layer) => changeCell(reading, layer, style) }];
  }
  const share = kind === 'prob' ? topProbability : entropyShare(models.base.vocabSize);
  const what = kind === 'prob' ? 'Probability of top-1, full = 1' : 'Entropy, full = ln V';
  const sides = pair ? [0, 1] : [0];
  return sides.map((index) => ({
    title: `${what}, by layer and position${pair ? `: ${index === 0 ? 'base' : 'fine-tune'}` : ''}`,
    cell: (reading, layer) => sideCell(reading.sides[index], layer, share, style),
  }));
}

function changeCell({ change }: Reading, layer: number, { glyphs, palette }: Style): string {
  const row = change?.layers.find((each) => each.layer === layer);
  if (row === undefined) return ' ';
  if (row.withinFloor && row.jsNats > 0) return palette.dim(glyphs.within);
  if (!row.sameTop1) return palette.bold(glyphs.otherTop1);
  return row.jsNats === 0 ? ' ' : curve([distance(row.jsNats)], glyphs);
}

function sideCell(side: Side | undefined, layer: number, share: (row: LayerReport) => number, style: Style): string {
  const row = side?.position.layers.find((each) => each.layer === layer);
  return row === undefined || side === undefined ? ' ' : side.paint(curve([share(row)], style.glyphs));
}

function topProbability({ top }: LayerReport): number {
  return top[0]?.prob ?? 0;
}

function entropyShare(vocabularySize: number): (row: LayerReport) => number {
  return ({ entropyNats }) => entropyNats / Math.log(vocabularySize);
}

function layersOf([first]: readonly Reading[], { layers }: TableView): number[] {
  const all = first?.sides[0].position.layers.map(({ layer }) => layer) ?? [];
  return typeof layers === 'object' ? all.filter((layer) => layers.includes(layer)) : all;
}

function pageRows(page: readonly Reading[], layers: readonly number[], cell: CellOf, { glyphs }: Style): string[] {
  return layers.toReversed().map((layer) => {
    const name = layerName(layer).padEnd(LAYER_WIDTH);
    return `${name}${glyphs.vertical} ${page.map((reading) => cell(reading, layer)).join('')}`;
  });
}

/** A tick at every tenth column, and the position that stands there. */
function axis(page: readonly Reading[], { glyphs, width }: Style): string[] {
  const margin = ' '.repeat(LAYER_WIDTH);
  const ticks = page.map((_, column) => (column % TICK_EVERY === 0 ? glyphs.axisTick : glyphs.horizontal)).join('');
  // The last number has no room where its tick stands at the very end.
  const numbers = page
    .flatMap(({ position }, column) => (column % TICK_EVERY === 0 ? [{ text: String(position), column }] : []))
    .filter(({ text, column }) => MARGIN + column + text.length <= width)
    .map(({ text }) => text.padEnd(TICK_EVERY))
    .join('');
  return [`${margin}${glyphs.corner}${glyphs.horizontal}${ticks}`, `${margin}  ${numbers}`.trimEnd()];
}
