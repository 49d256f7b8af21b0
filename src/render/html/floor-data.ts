import type { Comparison, FloorReport, ModelReport } from '../../report/schema.ts';
import { visibleText } from '../token-text.ts';
import { column, compact, exactly } from './columns.ts';
import type { Shape } from './model-data.ts';
import type { FloorData } from './page-data.ts';

/** What rounding alone changes, in the cells of the maps. */
export function floorData({ floor, positions }: Comparison, base: ModelReport, shape: Shape): FloorData | null {
  if (floor === undefined) return null;
  const cells = <Layer>(read: readonly { readonly layers: readonly Layer[] }[]): (Layer | undefined)[] =>
    exactly(read, shape.positions).flatMap((position) => exactly(position?.layers, shape.layers.length));
  const rows = cells(floor.positions);
  return {
    name: visibleText(floor.name),
    js: column(rows, ({ jsNats }) => jsNats),
    within: column(cells(positions), ({ withinFloor }) => Number(withinFloor === true)),
    routingJs: column(rows, ({ routing }) => routing?.jsNats),
    attention: attentionFloor(floor, base),
  };
}

function attentionFloor({ attention, attentionLayers = [] }: FloorReport, base: ModelReport): FloorData['attention'] {
  const layers = attentionLayers.map(({ layer, jsNats }) => ({ layer, js: compact(jsNats) }));
  const last = base.attention?.layer;
  if (attention === null || last === undefined || layers.some(({ layer }) => layer === last)) return layers;
  return [...layers, { layer: last, js: compact(attention.jsNats) }];
}
