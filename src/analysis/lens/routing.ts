import { entropy, jensenShannon, softmax, topIndices } from './distribution.ts';
import { jaccard, missingFrom } from './overlap.ts';

/** Which experts one block used for one token. */
export interface Routing {
  /** most heavily weighted first */
  readonly experts: readonly { readonly expert: number; readonly weight: number }[];
  /** softmax over all experts // (experts) f64 */
  readonly probabilities: Float64Array;
  /** entropy of `probabilities` in nats */
  readonly entropy: number;
}

export interface RoutingComparison {
  /** of the two sets of experts used */
  readonly jaccard: number;
  /** over all experts' probabilities, in nats */
  readonly js: number;
  /** used by the fine-tune only */
  readonly gained: number[];
  /** used by the base only */
  readonly lost: number[];
}

/**
 * Routing of Qwen3-MoE (`Qwen3MoeTopKRouter` in transformers): softmax over all experts, the top-k of it, and their
 * probabilities divided by their sum. This is the only rule that ONNX Runtime's QMoE applies on every device.
 * @param logits router logits of one token // (experts)
 */
export function route(logits: ArrayLike<number>, topK: number): Routing {
  const probabilities = softmax(logits);
  const chosen = topIndices(logits, topK);
  const weights = softmax(chosen.map((expert) => logits[expert] as number));
  return {
    experts: chosen.map((expert, place) => ({ expert, weight: weights[place] as number })),
    probabilities,
    entropy: entropy(probabilities),
  };
}

export function compareRouting(base: Routing, ft: Routing): RoutingComparison {
  const [inBase, inFt] = [base, ft].map(({ experts }) => experts.map(({ expert }) => expert)) as [number[], number[]];
  return {
    jaccard: jaccard(inBase, inFt),
    js: jensenShannon(base.probabilities, ft.probabilities),
    gained: missingFrom(inBase, inFt),
    lost: missingFrom(inFt, inBase),
  };
}
