import type { DecoderContext } from './context.ts';

/** Root mean square norm over the last axis, in f32: x / sqrt(mean(x²) + ε) · weight. */
export function addNorm({ graph, weights, config }: DecoderContext, path: string, x: string, weight: string): string {
  return graph.node(`${path}/SimplifiedLayerNormalization`, 'SimplifiedLayerNormalization', [x, weights.use(weight)], {
    attributes: { axis: -1n, epsilon: config.rmsNormEps, stash_type: 1n },
  });
}
