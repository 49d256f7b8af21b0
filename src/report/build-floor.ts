import { compareAttention } from '../analysis/lens/attention.ts';
import type {
  AttentionReading,
  ModelReading,
  PairPositionReading,
  PositionReading,
  RowReading,
} from '../analysis/lens/readings.ts';
import { compareRouting } from '../analysis/lens/routing.ts';
import type { Comparison, FloorLayer, FloorPosition, FloorReport, LayerComparison } from './schema.ts';

/** The base as it is, and under another recipe. */
export interface FloorReadings {
  readonly base: ModelReading;
  readonly floor: ModelReading;
  /** the two side by side */
  readonly pair: readonly PairPositionReading[];
}

/** What is known of the floor without running it, and what its tokens are called. */
export interface FloorFacts {
  readonly path: string;
  readonly name: string;
  readonly recipe: string;
  tokenText(id: number): string;
}

/**
 * A comparison beside its noise floor. A row lies within the floor when the two models differ no more there than the
 * base differs from itself under another recipe, by Jensen-Shannon divergence at the same layer and position.
 */
export function withFloor(comparison: Comparison, readings: FloorReadings, facts: FloorFacts): Comparison {
  const floors = readings.pair.map((pair, i) =>
    buildPosition(readings.base.positions[i] as PositionReading, readings.floor.positions[i] as PositionReading, {
      pair,
      facts,
    }),
  );
  const positions = comparison.positions.map((position, i) => ({
    ...position,
    layers: position.layers.map((row, layer) => ({ ...row, withinFloor: isWithin(row, floors[i]?.layers[layer]) })),
  }));
  const rows = positions.flatMap(({ layers }) => layers);
  const { path, name, recipe } = facts;
  return {
    ...comparison,
    positions,
    floor: {
      path,
      name,
      recipe,
      positions: floors,
      ...buildAttention(readings),
      rows: { total: rows.length, withinFloor: rows.filter(({ withinFloor }) => withinFloor).length },
    },
  };
}

function isWithin({ jsNats }: LayerComparison, floor: FloorLayer | undefined): boolean {
  return floor !== undefined && jsNats <= floor.jsNats;
}

function buildPosition(
  base: PositionReading,
  floor: PositionReading,
  { pair, facts }: { readonly pair: PairPositionReading; readonly facts: FloorFacts },
): FloorPosition {
  const [id, prob] = [floor.final.ids[0] as number, floor.final.probs[0] as number];
  return {
    position: pair.position,
    layers: pair.rows.map((row, layer) => {
      const [inBase, inFloor] = [base.rows[layer] as RowReading, floor.rows[layer] as RowReading];
      const [baseRouting, floorRouting] = [base.routing.get(layer), floor.routing.get(layer)];
      const routing = baseRouting && floorRouting && compareRouting(baseRouting, floorRouting);
      return {
        layer,
        jsNats: row.js,
        klFloorBaseNats: row.klFtBase,
        klBaseFloorNats: row.klBaseFt,
        sameTop1: inBase.topIds[0] === inFloor.topIds[0],
        residualCosine: row.residualCosine,
        residualRelativeL2: row.residualRelativeL2,
        routing: routing ? { jaccard: routing.jaccard, jsNats: routing.js } : null,
      };
    }),
    answer: { id, text: facts.tokenText(id), prob },
  };
}

function buildAttention({ base, floor }: FloorReadings): Pick<FloorReport, 'attention' | 'attentionLayers'> {
  const divergence = (inBase: AttentionReading, inFloor: AttentionReading): number =>
    compareAttention(inBase.attention, inFloor.attention).js;
  const layers = base.attentionLayers.flatMap((inBase) => {
    const inFloor = floor.attentionLayers.find(({ layer }) => layer === inBase.layer);
    return inFloor ? [{ layer: inBase.layer, jsNats: divergence(inBase, inFloor) }] : [];
  });
  return {
    attention: base.attention && floor.attention ? { jsNats: divergence(base.attention, floor.attention) } : null,
    ...(layers.length > 0 && { attentionLayers: layers }),
  };
}
