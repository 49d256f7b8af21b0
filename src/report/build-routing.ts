import { expertLoad } from '../analysis/lens/expert-load.ts';
import type { ModelReading } from '../analysis/lens/readings.ts';
import { summarizeRouting, withoutSink } from '../analysis/lens/routing-summary.ts';
import type { Routing } from '../analysis/lens/routing.ts';
import type { ExpertLoadReport, RoutingSummaryReport } from './schema/routing.ts';

/** Layers that a summary names. */
const LARGEST_SHIFTS = 4;

/** How often each expert is chosen, block by block; undefined where one position was read, or a model has no experts. */
export function buildExpertLoad(reading: ModelReading): ExpertLoadReport[] | undefined {
  const blocks = routingsByLayer(reading);
  if (blocks === undefined) return undefined;
  return Array.from(blocks, ([layer, routings]) => {
    const { assignments, entropy } = expertLoad(routings);
    return { layer, assignments: [...assignments], entropyNats: entropy };
  });
}

/** How the two models route differently over several positions; undefined as {@link buildExpertLoad} is. */
export function buildRoutingSummary(base: ModelReading, ft: ModelReading): RoutingSummaryReport | undefined {
  const [inBase, inFt] = [routingsByLayer(base), routingsByLayer(ft)];
  if (inBase === undefined || inFt === undefined) return undefined;
  const layers = Array.from(inBase, ([layer, routings]) => {
    const { load, ...means } = summarizeRouting(routings, inFt.get(layer) ?? []);
    return {
      layer,
      meanShared: means.meanShared,
      meanJaccard: means.meanJaccard,
      meanJsNats: means.meanJs,
      entropyDeltaNats: means.meanEntropyDelta,
      loadJsNats: load.js,
      gained: load.gained,
      lost: load.lost,
    };
  });
  const largestShifts = layers
    .filter(({ meanJsNats }) => meanJsNats > 0)
    .toSorted((a, b) => b.meanJsNats - a.meanJsNats)
    .slice(0, LARGEST_SHIFTS)
    .map(({ layer }) => layer);
  return { positions: withoutSink(base.positions).map(({ position }) => position), layers, largestShifts };
}

/** The routings of each block at the positions that are summed up. */
function routingsByLayer({ positions }: ModelReading): ReadonlyMap<number, readonly Routing[]> | undefined {
  const layers = [...(positions[0]?.routing.keys() ?? [])];
  if (positions.length < 2 || layers.length === 0) return undefined;
  const summed = withoutSink(positions);
  return new Map(layers.map((layer) => [layer, summed.map(({ routing }) => routing.get(layer) as Routing)]));
}
