import { divergence, layerWords } from '../numbers.ts';
import { meanFloorRouting } from '../floor-routing.ts';
import type { FloorPosition, PositionComparison, Report } from '../schema.ts';
import { summedPositions } from '../summed-positions.ts';

/**
 * From here on routing counts as moved, in nats of JS over all experts. Rounding alone moves it too: between a 4-bit and
 * an 8-bit export of the demo's base the largest JS of any layer, at the last position of the 60 held-out prompts, was
 * 0.004 in the median and 0.027 in the worst. A floor says it for the prompt at hand.
 */
const MOVED_JS_NATS = 0.02;

/** Shares of experts are counted, causes are not claimed: routing moves because states move, and the reverse. */
export function routingSentence(
  change: PositionComparison,
  expertsPerToken: number,
  floor?: FloorPosition,
): string | undefined {
  const layers = change.layers.flatMap(({ layer, routing }) => (routing === null ? [] : [{ layer, ...routing }]));
  const largest = layers.toSorted((a, b) => b.jsNats - a.jsNats)[0];
  if (largest === undefined) return undefined;
  if (largest.jsNats === 0) return 'Routing is the same in every layer.';
  const shared = expertsPerToken - largest.lost.length;
  const where = `${layerWords(largest.layer)} (${shared} of ${expertsPerToken} experts shared, JS ${divergence(largest.jsNats)})`;
  if (floor !== undefined) return besideFloor(layers, floor, where);
  return largest.jsNats < MOVED_JS_NATS
    ? `Routing hardly moves, most in ${where}.`
    : `The difference is associated with routing that moves most in ${where}.`;
}

function besideFloor(
  layers: readonly { readonly layer: number; readonly jsNats: number }[],
  floor: FloorPosition,
  where: string,
): string {
  const above = layers.filter(({ layer, jsNats }) => jsNats > (floor.layers[layer]?.routing?.jsNats ?? 0)).length;
  if (above === 0) return `Routing moves no more than under rounding alone, most in ${where}.`;
  return `The difference is associated with routing that moves more than under rounding alone in ${above} of ${layers.length} layers, most in ${where}.`;
}

/** The same for all positions that were read: means, which say more of the training than one token does. */
export function routingOverPositions({ models, comparison, settings }: Report): string | undefined {
  const [layer] = comparison?.routing?.largestShifts ?? [];
  const row = comparison?.routing?.layers.find((each) => each.layer === layer);
  if (comparison === undefined || row === undefined) return undefined;
  const shared = `${row.meanShared.toFixed(1)} of ${models.base.expertsPerToken} experts shared`;
  const floor = meanFloorRouting(comparison).get(row.layer);
  const rounding = floor === undefined ? '' : `, ${divergence(floor)} under rounding alone`;
  return `Over ${summedPositions(settings.positions)} routing moves most in ${layerWords(row.layer)} (on average ${shared}, JS ${divergence(row.meanJsNats)}${rounding}).`;
}
