/** Questions about which layer comes first, answered from one value per layer; index 0 is the embedding. */

/**
 * The first layer from which the most probable token stays `final` until the last layer. When the last layer's own
 * most probable token is another (a lens without the final norm), no layer commits: the number of the last layer.
 * @param top1 most probable token per layer, embedding first
 */
export function commitLayer(top1: readonly number[], final: number): number {
  let layer = top1.length - 1;
  while (layer > 0 && top1[layer] === final && top1[layer - 1] === final) layer -= 1;
  return layer;
}

/** The first layer for which something holds, or null. */
export function firstLayer<Layer>(layers: readonly Layer[], holds: (layer: Layer) => boolean): number | null {
  const layer = layers.findIndex(holds);
  return layer === -1 ? null : layer;
}
