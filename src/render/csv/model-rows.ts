import type { LayerReport, ModelReport, PositionReport, RoutingReport } from '../../report/schema.ts';
import { numberRows, tokenRows } from './row.ts';
import type { Place, Row } from './row.ts';

/** Every layer that was read of one model, and its own prediction. */
export function modelRows(model: 'base' | 'ft', { positions }: ModelReport): Row[] {
  return positions.flatMap((position) => positionRows({ model, position: position.position }, position));
}

function positionRows(place: Place, { layers, final, commitLayer, routing }: PositionReport): Row[] {
  return [
    ...layers.flatMap((row) => layerRows({ ...place, layer: row.layer }, row)),
    ...routing.flatMap((row) => routingRows({ ...place, layer: row.layer }, row)),
    ...tokenRows(place, 'final.top.prob', final.top, ({ prob }) => prob),
    ...numberRows(place, { commitLayer }),
  ];
}

function layerRows(place: Place, row: LayerReport): Row[] {
  return [
    ...tokenRows(place, 'top.prob', row.top, ({ prob }) => prob),
    ...numberRows(place, {
      entropyNats: row.entropyNats,
      activeTokens: row.activeTokens,
      klToFinalNats: row.klToFinalNats,
      'finalToken.prob': row.finalToken.prob,
      'finalToken.rank': row.finalToken.rank,
      residualNorm: row.residualNorm,
    }),
    ...tokenRows(place, 'tracked.prob', row.tracked, ({ prob }) => prob),
    ...tokenRows(place, 'tracked.rank', row.tracked, ({ rank }) => rank),
  ];
}

function routingRows(place: Place, { experts, entropyNats }: RoutingReport): Row[] {
  return [
    ...experts.map(({ expert, weight }) => ({ ...place, statistic: 'routing.weight', key: expert, value: weight })),
    ...numberRows(place, { 'routing.entropyNats': entropyNats }),
  ];
}
