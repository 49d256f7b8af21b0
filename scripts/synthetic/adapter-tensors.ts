import { HEAD, publishedWeights } from '../../src/export/checkpoint/weight-names.ts';
import { weightDistribution } from './model-weights.ts';
import type { SyntheticShape } from './shapes.ts';
import { type SyntheticTensor, SyntheticTensors } from './tensors.ts';

/** What an adapter changes. Experts: as PEFT writes fused ones, or one pair of factors for each expert's matrix. */
export const ADAPTER_TARGETS = ['attention', 'experts', 'each-expert', 'router', 'embedding', 'head'] as const;
export type AdapterTarget = (typeof ADAPTER_TARGETS)[number];

/** A LoRA that is generated. */
export interface SyntheticAdapter {
  readonly targets: readonly AdapterTarget[];
  readonly rank: number;
  /** The change is alpha / rank * B A. */
  readonly alpha: number;
  /** Give every row of the attention's matrices a trained length. */
  readonly dora: boolean;
}

/** Length of the change that the adapter makes to a weight, relative to the weight. */
const CHANGE = 0.03;

type Entry = [name: string, tensor: SyntheticTensor];

/** The tensors of adapter_model.safetensors, under the names that PEFT gives them. */
export function adapterTensors(shape: SyntheticShape, adapter: SyntheticAdapter, seed: number): SyntheticTensors {
  const weights = publishedWeights({ ...shape, tiedEmbeddings: false });
  const entries = adapter.targets.flatMap((target) =>
    target === 'experts'
      ? Array.from({ length: shape.layers }, (_, layer) => fusedExperts(layer, shape, adapter)).flat()
      : [...weights]
          .filter(([name]) => isTarget(name, target))
          .flatMap(([name, size]) => matrixFactors(name, size as [number, number], shape, adapter)),
  );
  return new SyntheticTensors(new Map(entries), seed);
}

const PROJECTION = /self_attn\.[qkvo]_proj\.weight$/;

function isTarget(name: string, target: Exclude<AdapterTarget, 'experts'>): boolean {
  switch (target) {
    case 'attention':
      return PROJECTION.test(name);
    case 'each-expert':
      return name.includes('.mlp.experts.');
    case 'router':
      return name.endsWith('.mlp.gate.weight');
    case 'embedding':
      return name.endsWith('.embed_tokens.weight');
    case 'head':
      return name === HEAD;
  }
}

/** A (rank, in) and B (out, rank); of an embedding A (rank, vocabulary) and B (hidden, rank). */
function matrixFactors(
  name: string,
  [rows, columns]: readonly [number, number],
  shape: SyntheticShape,
  adapter: SyntheticAdapter,
): Entry[] {
  const module = `base_model.model.${name.slice(0, -'.weight'.length)}`;
  const { deviation } = weightDistribution(name, [rows, columns], shape);
  const [a, b] = factorDeviations(columns, deviation, adapter);
  if (name.endsWith('.embed_tokens.weight')) {
    return [
      [`${module}.lora_embedding_A`, matrix([adapter.rank, rows], b)],
      [`${module}.lora_embedding_B`, matrix([columns, adapter.rank], a)],
    ];
  }
  const factors: Entry[] = [
    [`${module}.lora_A.weight`, matrix([adapter.rank, columns], a)],
    [`${module}.lora_B.weight`, matrix([rows, adapter.rank], b)],
  ];
  if (!adapter.dora || !PROJECTION.test(name)) return factors;
  const length = deviation * Math.sqrt(columns);
  return [...factors, [`${module}.lora_magnitude_vector`, { shape: [rows], mean: length, deviation: 0.02 * length }]];
}

/** One pair of factors for all experts of a layer: A (experts * rank, in), B (out, rank * experts). */
function fusedExperts(layer: number, shape: SyntheticShape, adapter: SyntheticAdapter): Entry[] {
  const { experts, hiddenSize, expertIntermediateSize: inner } = shape;
  const module = `base_model.model.model.layers.${layer}.mlp.experts`;
  const factors = (prefix: string, projection: string, rows: number, columns: number): Entry[] => {
    const weight = `model.layers.${layer}.mlp.experts.0.${projection}.weight`;
    const { deviation } = weightDistribution(weight, [rows, columns], shape);
    const [a, b] = factorDeviations(columns, deviation, adapter);
    return [
      [`${prefix}.lora_A.weight`, matrix([experts * adapter.rank, columns], a)],
      [`${prefix}.lora_B.weight`, matrix([rows, adapter.rank * experts], b)],
    ];
  };
  return [
    ...factors(`${module}.base_layer`, 'gate_proj', 2 * inner, hiddenSize),
    ...factors(module, 'down_proj', hiddenSize, inner),
  ];
}

/** Deviations of A and B that make alpha / rank * B A as long as {@link CHANGE} says. */
function factorDeviations(columns: number, deviation: number, { rank, alpha }: SyntheticAdapter): [number, number] {
  const a = 1 / Math.sqrt(columns);
  return [a, (CHANGE * deviation * Math.sqrt(rank)) / (alpha * a)];
}

function matrix(shape: readonly number[], deviation: number): SyntheticTensor {
  return { shape, mean: 0, deviation };
}
