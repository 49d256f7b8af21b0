import {
  type Attention,
  compareAttention,
  compareHeads,
  headStatistics,
  sinkShare,
} from '../analysis/lens/attention.ts';
import type { AttentionReading } from '../analysis/lens/readings.ts';
import type { AttentionLayerComparison, AttentionLayerReport, AttentionReport } from './schema.ts';

/** What a reader is told of attended positions. */
export interface AttentionContext {
  tokenText(id: number): string;
  readonly promptIds: readonly number[];
  readonly attentionTop: number;
  /** whether every head is listed */
  readonly heads: boolean;
}

export function buildAttention(
  { layer, queryPosition, attention }: AttentionReading,
  context: AttentionContext,
): AttentionReport {
  const attended = attention.order.slice(0, context.attentionTop).map((position) => {
    const id = context.promptIds[position] as number;
    return { position, id, text: context.tokenText(id), weight: attention.weights[position] as number };
  });
  return {
    layer,
    queryPosition,
    top: attended,
    weights: [...attention.weights],
    entropyNats: attention.entropy,
    ...(context.heads && { heads: attention.heads.map((head) => [...head]) }),
  };
}

export function buildAttentionLayer(reading: AttentionReading, context: AttentionContext): AttentionLayerReport {
  const heads = headStatistics(reading.attention);
  return {
    ...buildAttention(reading, context),
    sinkShare: sinkShare(reading.attention.weights),
    ...(context.heads && {
      headStatistics: heads.map(({ head, entropy, sinkShare: share }) => ({
        head,
        entropyNats: entropy,
        sinkShare: share,
      })),
    }),
  };
}

/** The layers that both models give, in their order. @param heads whether every head is listed */
export function compareAttentionLayers(
  base: readonly AttentionReading[],
  ft: readonly AttentionReading[],
  heads: boolean,
): AttentionLayerComparison[] {
  const ofFt = new Map(ft.map((reading) => [reading.layer, reading]));
  return base.flatMap(({ layer, queryPosition, attention }) => {
    const other = ofFt.get(layer);
    return other === undefined ? [] : [{ layer, queryPosition, ...compareLayer(attention, other.attention, heads) }];
  });
}

function compareLayer(
  base: Attention,
  ft: Attention,
  heads: boolean,
): Omit<AttentionLayerComparison, 'layer' | 'queryPosition'> {
  const { js, sameTop1 } = compareAttention(base, ft);
  const changes = compareHeads(base, ft).map((jsNats, head) => ({
    head,
    jsNats,
    sinkShareDelta: sinkDelta(base.heads[head], ft.heads[head]),
  }));
  const [largest] = changes.toSorted((a, b) => b.jsNats - a.jsNats || a.head - b.head);
  return {
    jsNats: js,
    sameTop1,
    sinkShareDelta: sinkDelta(base.weights, ft.weights),
    meanHeadJsNats: changes.length === 0 ? null : changes.reduce((sum, { jsNats }) => sum + jsNats, 0) / changes.length,
    mostChangedHead: largest === undefined ? null : { head: largest.head, jsNats: largest.jsNats },
    ...(heads && changes.length > 0 && { heads: changes }),
  };
}

function sinkDelta(base: Float64Array | undefined, ft: Float64Array | undefined): number {
  return sinkShare(ft as Float64Array) - sinkShare(base as Float64Array);
}
