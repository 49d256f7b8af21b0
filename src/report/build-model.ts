import type { AttentionReading, ModelReading, PositionReading, RowReading } from '../analysis/lens/readings.ts';
import { commitLayer } from '../analysis/lens/layers.ts';
import type { AttentionReport, LayerReport, ModelReport, PositionReport } from './schema.ts';

/** What a reader is told about ids: texts of tokens, and the prompt. */
export interface ReportContext {
  tokenText(id: number): string;
  readonly promptIds: readonly number[];
  /** token ids followed through the layers */
  readonly tracked: readonly number[];
  readonly attentionTop: number;
  /** whether the attention of every head is listed */
  readonly heads: boolean;
}

/** What is known of a model without running it. */
export type ModelFacts = Omit<ModelReport, 'positions' | 'attention' | 'timing'>;

export function buildModelReport(
  facts: ModelFacts,
  reading: ModelReading,
  timing: ModelReport['timing'],
  context: ReportContext,
): ModelReport {
  return {
    ...facts,
    positions: reading.positions.map((position) => buildPosition(position, context)),
    attention: reading.attention ? buildAttention(reading.attention, context) : null,
    timing,
  };
}

function buildPosition({ position, rows, final, routing }: PositionReading, context: ReportContext): PositionReport {
  const top1 = rows.map(({ topIds }) => topIds[0] as number);
  return {
    position,
    layers: rows.map((row, layer) => buildLayer(layer, row, context)),
    final: { top: scored(final.ids, final.probs, context) },
    commitLayer: commitLayer(top1, final.ids[0] as number),
    routing: Array.from(routing, ([layer, { experts, entropy }]) => ({
      layer,
      experts: [...experts],
      entropyNats: entropy,
    })),
  };
}

function buildLayer(layer: number, row: RowReading, context: ReportContext): LayerReport {
  return {
    layer,
    top: scored(row.topIds, row.topProbs, context),
    entropyNats: row.entropy,
    activeTokens: row.active,
    klToFinalNats: row.klToFinal,
    finalToken: { prob: row.finalProb, rank: row.finalRank },
    tracked: row.tracked.map(({ prob, rank }, i) => {
      const id = context.tracked[i] as number;
      return { id, text: context.tokenText(id), prob, rank };
    }),
    residualNorm: row.residualNorm,
  };
}

function scored(ids: readonly number[], probs: readonly number[], { tokenText }: ReportContext) {
  return ids.map((id, i) => ({ id, text: tokenText(id), prob: probs[i] as number }));
}

function buildAttention(
  { layer, queryPosition, attention }: AttentionReading,
  context: ReportContext,
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
