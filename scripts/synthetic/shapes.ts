import type { Qwen3MoeConfig } from '../../src/export/checkpoint/model-config.ts';

/** The sizes of a model that is generated. */
export interface SyntheticShape extends Qwen3MoeConfig {
  readonly name: string;
  /** Rows of the vocabulary that are tokens; the rest is padding, as real checkpoints have it. */
  readonly tokens: number;
}

const COMMON = { rmsNormEps: 1e-6, ropeTheta: 1e6, maxPositions: 40_960, tiedEmbeddings: false } as const;
const QWEN_VOCABULARY = { vocabSize: 151_936, tokens: 151_669 } as const;

const SHAPES: readonly SyntheticShape[] = [
  {
    ...COMMON,
    name: 'tiny',
    layers: 2,
    hiddenSize: 128,
    attentionHeads: 4,
    keyValueHeads: 2,
    headDim: 32,
    experts: 8,
    expertsPerToken: 2,
    expertIntermediateSize: 64,
    vocabSize: 512,
    tokens: 500,
  },
  {
    ...COMMON,
    name: 'small',
    layers: 6,
    hiddenSize: 512,
    attentionHeads: 8,
    keyValueHeads: 2,
    headDim: 64,
    experts: 32,
    expertsPerToken: 4,
    expertIntermediateSize: 128,
    vocabSize: 16_384,
    tokens: 16_300,
  },
  {
    ...COMMON,
    ...QWEN_VOCABULARY,
    name: '2gb',
    layers: 12,
    hiddenSize: 1_024,
    attentionHeads: 16,
    keyValueHeads: 4,
    headDim: 128,
    experts: 64,
    expertsPerToken: 8,
    expertIntermediateSize: 256,
  },
  {
    ...COMMON,
    ...QWEN_VOCABULARY,
    name: '30b-a3b',
    layers: 48,
    hiddenSize: 2_048,
    attentionHeads: 32,
    keyValueHeads: 4,
    headDim: 128,
    experts: 128,
    expertsPerToken: 8,
    expertIntermediateSize: 768,
  },
];

export const SHAPE_NAMES: readonly string[] = SHAPES.map(({ name }) => name);

/** A named shape, with some of its sizes changed: the name then says so. */
export function syntheticShape(
  name: string,
  changes: Partial<Pick<SyntheticShape, 'layers' | 'experts' | 'tiedEmbeddings'>> = {},
): SyntheticShape {
  const shape = SHAPES.find((candidate) => candidate.name === name);
  if (shape === undefined) throw new Error(`There is no shape ${name}: take one of ${SHAPE_NAMES.join(', ')}.`);
  const suffixes = Object.entries(changes).map(([key, value]) => `-${key}-${value}`);
  return { ...shape, ...changes, name: [name, ...suffixes].join('') };
}
