import { compareAttention } from '../analysis/lens/attention.ts';
import { firstLayer } from '../analysis/lens/layers.ts';
import { jaccard } from '../analysis/lens/overlap.ts';
import type {
  ModelReading,
  PairPositionReading,
  PairRowReading,
  PositionReading,
  RowReading,
} from '../analysis/lens/readings.ts';
import { compareRouting } from '../analysis/lens/routing.ts';
import { buildRoutingSummary } from './build-routing.ts';
import type { Comparison, LayerComparison, PositionComparison } from './schema.ts';

/** Two models side by side. All three list the same positions in the same order. */
export function buildComparison(
  base: ModelReading,
  ft: ModelReading,
  pair: readonly PairPositionReading[],
): Comparison {
  const attention =
    base.attention && ft.attention && compareAttention(base.attention.attention, ft.attention.attention);
  const routing = buildRoutingSummary(base, ft);
  return {
    identical: pair.every(({ rows, sameOwnLogits }) => sameOwnLogits && rows.every(({ sameResidual }) => sameResidual)),
    positions: pair.map((position, i) =>
      comparePosition(base.positions[i] as PositionReading, ft.positions[i] as PositionReading, position),
    ),
    attention: attention ? { jsNats: attention.js, sameTop1: attention.sameTop1 } : null,
    ...(routing && { routing }),
  };
}

function comparePosition(base: PositionReading, ft: PositionReading, pair: PairPositionReading): PositionComparison {
  const layers = pair.rows.map((row, layer) => compareLayer(layer, base, ft, row));
  return {
    position: pair.position,
    layers,
    firstDivergentLayer: firstLayer(pair.rows, ({ sameResidual }) => !sameResidual),
    firstTop1ChangeLayer: firstLayer(layers, ({ sameTop1 }) => !sameTop1),
  };
}

function compareLayer(
  layer: number,
  base: PositionReading,
  ft: PositionReading,
  pair: PairRowReading,
): LayerComparison {
  const [inBase, inFt] = [base.rows[layer] as RowReading, ft.rows[layer] as RowReading];
  const [baseRouting, ftRouting] = [base.routing.get(layer), ft.routing.get(layer)];
  const routing = baseRouting && ftRouting && compareRouting(baseRouting, ftRouting);
  return {
    layer,
    klFtBaseNats: pair.klFtBase,
    klBaseFtNats: pair.klBaseFt,
    jsNats: pair.js,
    topKJaccard: jaccard(inBase.topIds, inFt.topIds),
    sameTop1: inBase.topIds[0] === inFt.topIds[0],
    baseTop1RankInFt: pair.baseTopRankInFt,
    ftTop1RankInBase: pair.ftTopRankInBase,
    residualCosine: pair.residualCosine,
    residualRelativeL2: pair.residualRelativeL2,
    routing: routing
      ? { jaccard: routing.jaccard, jsNats: routing.js, gained: routing.gained, lost: routing.lost }
      : null,
  };
}
