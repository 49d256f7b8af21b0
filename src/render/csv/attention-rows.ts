import type { AttentionLayerComparison, AttentionLayerReport, AttentionReport, Report } from '../../report/schema.ts';
import { numberRows } from './row.ts';
import type { Place, Row } from './row.ts';

/** What the models attend to: the last layer, the layers asked for, and what differs between two models. */
export function attentionRows({ models, comparison }: Report): Row[] {
  return [
    ...(['base', 'ft'] as const).flatMap((model) => [
      ...(models[model]?.attention ? weightRows(model, 'attention', models[model].attention) : []),
      ...(models[model]?.attentionLayers ?? []).flatMap((layer) => layerRows(model, layer)),
    ]),
    ...(comparison?.attentionLayers ?? []).flatMap(changeRows),
  ];
}

/** The key of a head's weight is `3@4`: head 3, key position 4. (A spreadsheet reads `3/4` as a date.) */
function weightRows(model: 'base' | 'ft', path: string, attention: AttentionReport): Row[] {
  const { layer, queryPosition, weights, heads = [], entropyNats } = attention;
  const place = { model, position: queryPosition, layer };
  return [
    ...weights.map((value, key) => ({ ...place, statistic: `${path}.weight`, key, value })),
    ...heads.flatMap((head, index) =>
      head.map((value, key) => ({ ...place, statistic: `${path}.heads`, key: `${index}@${key}`, value })),
    ),
    ...numberRows(place, { [`${path}.entropyNats`]: entropyNats }),
  ];
}

function layerRows(model: 'base' | 'ft', attention: AttentionLayerReport): Row[] {
  const { layer, queryPosition, sinkShare, headStatistics = [] } = attention;
  const place = { model, position: queryPosition, layer };
  return [
    ...weightRows(model, 'attentionLayers', attention),
    ...numberRows(place, { 'attentionLayers.sinkShare': sinkShare }),
    ...headStatistics.flatMap(({ head, ...statistics }) =>
      headRows(place, head, {
        'attentionLayers.headStatistics.entropyNats': statistics.entropyNats,
        'attentionLayers.headStatistics.sinkShare': statistics.sinkShare,
      }),
    ),
  ];
}

function changeRows(change: AttentionLayerComparison): Row[] {
  const { layer, queryPosition, mostChangedHead, heads = [] } = change;
  const place = { model: 'both', position: queryPosition, layer } as const;
  return [
    ...numberRows(place, {
      'attentionLayers.jsNats': change.jsNats,
      'attentionLayers.sameTop1': change.sameTop1,
      'attentionLayers.sinkShareDelta': change.sinkShareDelta,
      'attentionLayers.meanHeadJsNats': change.meanHeadJsNats,
    }),
    ...(mostChangedHead === null
      ? []
      : headRows(place, mostChangedHead.head, { 'attentionLayers.mostChangedHead.jsNats': mostChangedHead.jsNats })),
    ...heads.flatMap(({ head, jsNats, sinkShareDelta }) =>
      headRows(place, head, {
        'attentionLayers.heads.jsNats': jsNats,
        'attentionLayers.heads.sinkShareDelta': sinkShareDelta,
      }),
    ),
  ];
}

/** The key is the number of the head. */
function headRows(place: Place, head: number, numbers: Readonly<Record<string, number>>): Row[] {
  return numberRows(place, numbers).map((row) => ({ ...row, key: head }));
}
