import { divergence, layerName } from '../../report/numbers.ts';
import type { FloorPosition, PositionComparison } from '../../report/schema.ts';
import type { Reading, Side } from './reading.ts';
import type { Style } from '../style.ts';
import { wrap } from './wrap.ts';

const LARGEST_SHIFTS = 4;

/** How far the two models choose other experts, or which ones a single model chooses last. Empty for dense models. */
export function routing({ position, sides, change, floor }: Reading, style: Style): string[] {
  if (sides[0].position.routing.length === 0) return [];
  return change === undefined
    ? chosenExperts(sides[0], position, style)
    : routingShifts(change, floor, sides[0].model.expertsPerToken, style);
}

function routingShifts(
  change: PositionComparison,
  floor: FloorPosition | undefined,
  expertsPerToken: number,
  style: Style,
): string[] {
  const layers = change.layers.flatMap(({ layer, routing: shift }) => (shift === null ? [] : [{ layer, ...shift }]));
  const shared = layers.map(({ lost }) => expertsPerToken - lost.length);
  const mean = shared.reduce((sum, count) => sum + count, 0) / Math.max(1, layers.length);
  const largest = layers
    .filter(({ jsNats }) => jsNats > 0)
    .toSorted((a, b) => b.jsNats - a.jsNats)
    .slice(0, LARGEST_SHIFTS);
  const summary = `experts shared at position ${change.position}: ${mean.toFixed(1)} of ${expertsPerToken} on average`;
  const more = largest.length === 0 ? '; no shift in any layer' : '; largest shifts:';
  return [
    ...wrap('Routing   ', summary + more, style.width),
    ...largest.flatMap(({ layer, jsNats, gained, lost }) => {
      const head = `  ${layerName(layer).padEnd(5)} ${expertsPerToken - lost.length}/${expertsPerToken}  JS ${divergence(jsNats).padEnd(6)}${floorWords(floor, layer)}`;
      if (gained.length === 0) return wrap(`${head}  `, 'same experts, other weights', style.width);
      const moved = `gained ${gained.join(' ').padEnd(15)}  lost ${lost.join(' ')}`;
      return wrap(`${head}  `, moved, style.width);
    }),
  ];
}

/** How far rounding alone moves the routing of the same layer. */
function floorWords(floor: FloorPosition | undefined, layer: number): string {
  const js = floor?.layers.find((row) => row.layer === layer)?.routing?.jsNats;
  return js === undefined ? '' : `  floor ${divergence(js).padEnd(6)}`;
}

function chosenExperts({ position: { routing: layers } }: Side, position: number, style: Style): string[] {
  const last = layers.at(-1);
  if (last === undefined) return [];
  const experts = last.experts.map(({ expert, weight }) => `${expert} (${weight.toFixed(2)})`).join(', ');
  return wrap(
    'Routing   ',
    `experts of ${layerName(last.layer)} at position ${position}, with their weights: ${experts}`,
    style.width,
  );
}
