import type { Qwen3MoeConfig } from '../../../src/export/checkpoint/model-config.ts';

export const TINY_CONFIG: Qwen3MoeConfig = {
  layers: 2,
  hiddenSize: 128,
  attentionHeads: 4,
  keyValueHeads: 2,
  headDim: 64,
  experts: 3,
  expertsPerToken: 2,
  expertIntermediateSize: 64,
  vocabSize: 320,
  rmsNormEps: 1e-6,
  ropeTheta: 1e6,
  maxPositions: 256,
  tiedEmbeddings: false,
};
