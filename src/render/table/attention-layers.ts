import { distance, divergence, percent } from '../../report/numbers.ts';
import type { Report } from '../../report/schema.ts';
import type { Style } from '../style.ts';
import { type AttentionRow, headAttention, layerAttention, tellingRows } from './attention-rows.ts';
import { attentionTable } from './attention-table.ts';
import { type Curve, drawCurves } from './curves.ts';
import type { Reading } from './reading.ts';
import { wrap } from './wrap.ts';

/** So many layers are listed one and all. */
const FEW_LAYERS = 8;
const LISTED_LAYERS = 6;
const LISTED_HEADS = 8;

/** Where the layers asked for look, what changed most, and single heads when they are listed; empty by default. */
export function attentionLayers(reading: Reading, report: Report, style: Style): string[] {
  const layers = layerAttention(reading, report);
  if (layers.length === 0) return [];
  const listed = listedLayers(layers, style);
  const heads = headAttention(reading, report);
  return [
    ...wrap('Attention ', layerTitle(listed.length, layers.length, reading, style), style.width),
    ...sinkCurves(reading, layers, style),
    ...attentionTable('layer', listed, style),
    ...(heads.length === 0 ? [] : ['', ...headLines(heads, reading, style)]),
  ];
}

/** Nothing is left out where nothing is cut: in a pipe. */
export function listedLayers(layers: readonly AttentionRow[], { width }: Style): readonly AttentionRow[] {
  return width === Infinity ? layers : tellingRows(layers, FEW_LAYERS, LISTED_LAYERS);
}

/** JSON, CSV and HTML have all: a large model has more than a thousand. */
export function listedHeads(heads: readonly AttentionRow[]): readonly AttentionRow[] {
  return tellingRows(heads, LISTED_HEADS, LISTED_HEADS);
}

function layerTitle(listed: number, all: number, { change }: Reading, { glyphs }: Style): string {
  const pair = change !== undefined;
  const parts = [
    listed === all ? 'by layer' : `by layer: the ${listed} of ${all} that ${criterion(pair)}`,
    `mean of heads${pair ? `, base ${glyphs.arrow} fine-tune` : ''}`,
    'sink: weight on position 0',
    ...(pair ? ['head JS: of the head that differs most'] : []),
  ];
  return parts.join('; ');
}

function headLines(heads: readonly AttentionRow[], { change }: Reading, style: Style): string[] {
  const listed = listedHeads(heads);
  const which =
    listed.length === heads.length
      ? 'one by one'
      : `the ${listed.length} of ${heads.length} that ${criterion(change !== undefined)}; JSON, CSV and HTML have all`;
  return [...wrap('Heads     ', which, style.width), ...attentionTable('head', listed, style)];
}

function criterion(pair: boolean): string {
  return pair ? 'differ most' : 'rest least on the sink';
}

/** One cell a layer, when all were read and they are many. */
function sinkCurves({ sides, change }: Reading, layers: readonly AttentionRow[], style: Style): string[] {
  if (layers.length <= FEW_LAYERS || layers.length < sides[0].model.layers) return [];
  const ends = (values: readonly number[], format: (value: number) => string): string =>
    `${format(values.at(0) ?? 0)} ${style.glyphs.arrow} ${format(values.at(-1) ?? 0)}`;
  const shown = sides.map(({ label, paint }, side): Curve => {
    const shares = layers.map((row) => row.sides[side]?.sinkShare ?? 0);
    const pair = label === 'fine-tune' ? 'ft' : 'base';
    return { label: sides.length === 1 ? 'sink' : pair, shares, paint, summary: ends(shares, percent) };
  });
  if (change === undefined) return drawCurves(shown, ['full block: 100%'], style, 1);
  const js = layers.map(({ jsNats }) => jsNats ?? 0);
  const label = style.glyphs.distance;
  const curves = [...shown, { label, shares: js.map(distance), paint: String, summary: ends(js, divergence) }];
  return drawCurves(curves, ['full block: sink = 100%; JS = ln 2', 'to 100%; to ln 2'], style, 1);
}
