import type { ModelReading, PositionReading, RowReading } from '../analysis/lens/readings.ts';
import { commitLayer } from '../analysis/lens/layers.ts';
import { type AttentionContext, buildAttention, buildAttentionLayer } from './build-attention.ts';
import { buildExpertLoad } from './build-routing.ts';
import type { LayerReport, ModelReport, PositionReport } from './schema.ts';

/** What a reader is told about ids: texts of tokens, and the prompt. */
export interface ReportContext extends AttentionContext {
  /** token ids followed through the layers */
  readonly tracked: readonly number[];
}

/** What is known of a model without running it. */
export type ModelFacts = Omit<ModelReport, 'positions' | 'expertLoad' | 'attention' | 'attentionLayers' | 'timing'>;

export function buildModelReport(
  facts: ModelFacts,
  reading: ModelReading,
  timing: ModelReport['timing'],
  context: ReportContext,
): ModelReport {
  const load = buildExpertLoad(reading);
  return {
    ...facts,
    positions: buildPositions(reading, context),
    ...(load && { expertLoad: load }),
    attention: reading.attention ? buildAttention(reading.attention, context) : null,
    ...(reading.attentionLayers.length > 0 && {
      attentionLayers: reading.attentionLayers.map((layer) => buildAttentionLayer(layer, context)),
    }),
    timing,
  };
}

export function buildPositions({ positions }: ModelReading, context: ReportContext): PositionReport[] {
  return positions.map((position) => buildPosition(position, context));
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
    ...(row.trackedSets.length > 0 && { trackedSets: [...row.trackedSets] }),
    residualNorm: row.residualNorm,
  };
}

function scored(ids: readonly number[], probs: readonly number[], { tokenText }: ReportContext) {
  return ids.map((id, i) => ({ id, text: tokenText(id), prob: probs[i] as number }));
}
