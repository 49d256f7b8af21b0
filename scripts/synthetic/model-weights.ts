import { describeWeight, publishedWeights } from '../../src/export/checkpoint/weight-names.ts';
import type { Distribution } from './gaussian-pool.ts';
import type { SyntheticShape } from './shapes.ts';
import { SyntheticTensors } from './tensors.ts';

/** Root mean square of the residual stream behind the embedding, and how many times longer every layer makes it. */
const EMBEDDING_RMS = 0.5;
const LAYER_GROWTH = 1.08;

/** Of what a layer adds, the part that comes from attention: more of it, and all positions end up with the same state. */
const ATTENTION_SHARE = 0.2;

/** Standard deviation of the logits: with 151,936 tokens the entropy is then about 7 nats. */
const HEAD_LOGITS = 3;
/** Of the router's logits: weights differ between the chosen experts, and no expert is idle. */
const ROUTER_LOGITS = 1.5;
/** Length of the query and key norms: attention scores have a deviation of its square. */
const QUERY_KEY_NORM = 1.5;

/** Root mean square of what a unit input becomes on its way through attention's mean, and through a gated expert. */
const ATTENTION_MEAN = 0.6;
const GATED = 0.6;
/** Of a weighted mean of independent experts, by how many there are. */
const EXPERTS_MEAN = 1.2;

/**
 * The weights of a model of this shape under their published names. They are drawn so that a forward pass behaves
 * like a trained model's: every layer makes the residual stream longer by the same factor.
 */
export function modelWeights(shape: SyntheticShape, seed: number): SyntheticTensors {
  const weights = [...publishedWeights(shape)].map(
    ([name, size]) => [name, { shape: size, ...weightDistribution(name, size, shape) }] as const,
  );
  return new SyntheticTensors(new Map(weights), seed);
}

/** Matrices have the mean 0. The input of each is taken to have the length of its root mean square. */
export function weightDistribution(name: string, size: readonly number[], shape: SyntheticShape): Distribution {
  const [, inputs = 1] = size as [number, number?];
  const { kind, layer = 0 } = describeWeight(name);
  const gain = (factor: number): Distribution => ({ mean: 0, deviation: factor / Math.sqrt(inputs) });
  switch (kind) {
    case 'embedding':
      return shape.tiedEmbeddings ? gain(HEAD_LOGITS) : { mean: 0, deviation: EMBEDDING_RMS };
    case 'head':
      return gain(HEAD_LOGITS);
    case 'router':
      return gain(ROUTER_LOGITS);
    case 'norm': {
      const length = /self_attn\.[qk]_norm/.test(name) ? QUERY_KEY_NORM : 1;
      return { mean: length, deviation: 0.1 * length };
    }
    case 'attention':
      return gain(name.includes('o_proj') ? addedRms(layer, ATTENTION_SHARE) / ATTENTION_MEAN : 1);
    case 'experts': {
      const mixed = GATED * Math.min(1, EXPERTS_MEAN / Math.sqrt(shape.expertsPerToken));
      return gain(name.includes('down_proj') ? addedRms(layer, 1 - ATTENTION_SHARE) / mixed : 1);
    }
  }
}

/** What a part of a layer adds: both parts together make the residual stream longer by {@link LAYER_GROWTH}. */
function addedRms(layer: number, share: number): number {
  return EMBEDDING_RMS * LAYER_GROWTH ** layer * Math.sqrt(share * (LAYER_GROWTH ** 2 - 1));
}
