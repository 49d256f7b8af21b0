import type { Report } from '../../report/schema.ts';
import type { Style } from '../style.ts';
import { listedHeads, listedLayers } from './attention-layers.ts';
import { type AttentionRow, headAttention, layerAttention } from './attention-rows.ts';
import type { Reading } from './reading.ts';
import { divergenceWords, percentWords } from './spoken-numbers.ts';

/** What the tables of layers and heads say, one sentence a row. */
export function attentionLayerSentences(reading: Reading, report: Report, style: Style): string[] {
  const layers = listedLayers(layerAttention(reading, report), style);
  const heads = listedHeads(headAttention(reading, report));
  return [...layers, ...heads].map((row) => rowSentence(row, reading, style));
}

function rowSentence(
  { layer, head, jsNats, floorNats, sides }: AttentionRow,
  reading: Reading,
  { quote }: Style,
): string {
  const what = head === undefined ? `Attention of layer ${layer}, mean of heads` : `Head ${head} of layer ${layer}`;
  const floor = floorNats === undefined ? '' : `, of rounding alone ${divergenceWords(floorNats)}`;
  const change = jsNats === undefined ? '' : `: divergence ${divergenceWords(jsNats)}${floor}`;
  const models = sides.map(({ sinkShare, entropyNats, most }, index) => {
    const label = reading.sides[index]?.label ?? '';
    return `${label.charAt(0).toUpperCase()}${label.slice(1)} ${percentWords(sinkShare)} on position 0, entropy ${entropyNats.toFixed(2)}, most to position ${most.position} ${quote(most.text)}.`;
  });
  return `${what}${change}. ${models.join(' ')}`;
}
