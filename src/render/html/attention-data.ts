import type {
  AttentionLayerComparison,
  AttentionLayerReport,
  AttentionReport,
  Comparison,
  ModelReport,
} from '../../report/schema.ts';
import { column, compact } from './columns.ts';
import type { Shape } from './model-data.ts';
import type { AttentionChangeData, AttentionData, Column, HeadData } from './page-data.ts';

/** The layers listed, and the last one, ascending. */
export function attentionData({ attention, attentionLayers = [] }: ModelReport, shape: Shape): AttentionData[] {
  const last = attention === null || attentionLayers.some(({ layer }) => layer === attention.layer) ? [] : [attention];
  return [...attentionLayers, ...last]
    .filter(({ layer }) => shape.layers.includes(layer))
    .toSorted((a, b) => a.layer - b.layer)
    .map((layer) => layerData(layer, shape));
}

function layerData(layer: AttentionReport | AttentionLayerReport, { promptLength }: Shape): AttentionData {
  const { heads = [], weights, entropyNats } = layer;
  const statistics = 'headStatistics' in layer ? layer.headStatistics : undefined;
  const seen = (list: readonly number[]): Column => column(list.slice(0, promptLength), (weight) => weight);
  return {
    layer: layer.layer,
    queryPosition: layer.queryPosition,
    weights: seen(weights),
    entropy: compact(entropyNats),
    heads: heads.map((list, head): HeadData => {
      const entropy = statistics?.find((other) => other.head === head)?.entropyNats;
      return {
        weights: seen(list),
        entropy: entropy === undefined ? null : compact(entropy),
      };
    }),
  };
}

/** The same layers of two models side by side. */
export function attentionChange(
  { attention, attentionLayers = [] }: Comparison,
  base: ModelReport,
): AttentionChangeData[] {
  const changes = attentionLayers.map(changeData);
  const layer = base.attention?.layer;
  if (attention === null || layer === undefined || changes.some((change) => change.layer === layer)) return changes;
  return [...changes, { layer, js: compact(attention.jsNats), heads: [] }];
}

function changeData({ layer, jsNats, heads = [] }: AttentionLayerComparison): AttentionChangeData {
  return { layer, js: compact(jsNats), heads: heads.map((head) => compact(head.jsNats)) };
}
