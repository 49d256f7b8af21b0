import type { Comparison } from './schema.ts';

/**
 * How far rounding alone moves the routing of each layer: mean JS of base and floor in nats, over the positions of the
 * routing summary. Empty without a floor, and for one position.
 */
export function meanFloorRouting({ floor, routing }: Pick<Comparison, 'floor' | 'routing'>): Map<number, number> {
  const means = new Map<number, number>();
  if (routing === undefined || floor === undefined) return means;
  const positions = floor.positions.filter(({ position }) => routing.positions.includes(position));
  for (const { layer } of routing.layers) {
    const js = positions.flatMap(({ layers }) => layers.find((row) => row.layer === layer)?.routing?.jsNats ?? []);
    if (js.length > 0) means.set(layer, js.reduce((sum, value) => sum + value, 0) / js.length);
  }
  return means;
}
