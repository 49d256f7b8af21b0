import type { Manifest } from '../../../src/export/folder/manifest.ts';

const hash = 'ab'.repeat(32);

/** A manifest with one of everything. */
export const tinyManifest: Manifest = {
  schema: 'ft-lens.manifest',
  schemaVersion: '1.0',
  tool: { name: 'ft-lens', version: '0.1.0' },
  architecture: 'qwen3_moe',
  source: {
    checkpoint: { name: 'base', files: [{ name: 'model.safetensors', bytes: 10, sha256: hash }] },
    adapter: {
      name: 'lora',
      files: [{ name: 'adapter_model.safetensors', bytes: 5, sha256: hash }],
      settings: { rank: 4, alpha: 8, rslora: false, dora: false, baseModel: 'org/base', targetParameters: [] },
    },
  },
  dimensions: {
    layers: 1,
    hiddenSize: 64,
    attentionHeads: 4,
    keyValueHeads: 2,
    headDim: 16,
    experts: 2,
    expertsPerToken: 1,
    expertIntermediateSize: 64,
    vocabSize: 320,
    maxPositions: 256,
    tiedHead: false,
  },
  quantization: { bits: 4, blockSize: 64, headBits: 16, rule: 'signed-extreme' },
  files: [
    { name: 'model.onnx_data', bytes: 100, sha256: hash, sharedWith: 'base-int4' },
    { name: 'model.onnx_data_1', bytes: 50, sha256: hash },
  ],
  tensors: [
    {
      name: 'model.layers.0.mlp.gate.weight.transposed',
      kind: 'router',
      layer: 1,
      dtype: 'f32',
      shape: [5, 5],
      file: 'model.onnx_data',
      offset: 0,
      bytes: 100,
      sha256: hash,
    },
  ],
  quantizationError: [{ kind: 'experts', bits: 4, weights: 6, mean: 0.09, worst: { weight: 'w', error: 0.1 } }],
  adapterSurvival: [{ kind: 'experts', bits: 4, weights: 6, cosine: null, normRatio: null }],
};
