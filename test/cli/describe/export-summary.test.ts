import { describe, expect, test } from 'vitest';
import { exportSummary, survivalWarnings } from '../../../src/cli/describe/export-summary.ts';
import type { Manifest } from '../../../src/export/folder/manifest.ts';
import { tinyManifest } from '../../export/folder/tiny-manifest.ts';

const manifest = {
  quantization: { bits: 4, blockSize: 64, headBits: 16, rule: 'signed-extreme' },
  quantizationError: [
    {
      kind: 'experts',
      bits: 4,
      weights: 18_432,
      mean: 0.106,
      worst: { weight: 'model.layers.2.mlp.experts.71.down_proj.weight', error: 0.141 },
    },
    { kind: 'router', bits: 32, weights: 48, mean: 0, worst: { weight: 'model.layers.0.mlp.gate.weight', error: 0 } },
    { kind: 'head', bits: 16, weights: 1, mean: 0.0002, worst: { weight: 'lm_head.weight', error: 0.0002 } },
  ],
  adapterSurvival: [
    // kept 0.992; noise √(3.2² − 0.992²) = 3.042
    { kind: 'experts', bits: 4, weights: 18_432, cosine: 0.31, normRatio: 3.2 },
    { kind: 'attention', bits: 4, weights: 192, cosine: 0.9, normRatio: 1.12 },
    { kind: 'head', bits: 16, weights: 1, cosine: 0.89, normRatio: 1 },
    { kind: 'embedding', bits: 16, weights: 1, cosine: 0.1, normRatio: 0.1 },
    { kind: 'router', bits: 32, weights: 48, cosine: null, normRatio: null },
  ],
  dimensions: { ...tinyManifest.dimensions, hiddenSize: 64 },
  source: tinyManifest.source,
} satisfies Pick<Manifest, 'quantization' | 'quantizationError' | 'adapterSurvival' | 'dimensions' | 'source'>;

describe('exportSummary', () => {
  test('shows the error of every kind, and what is left of the adapter', () => {
    expect(exportSummary(manifest)).toBe(
      [
        'quantisation  weights  stored as        mean error    worst',
        'experts         18432  4-bit, block 64      10.6 %   14.1 %  L-3 mlp.experts.71.down_proj',
        'router             48  f32                       0',
        'head                1  f16                 0.020 %  0.020 %  lm_head.weight',
        '',
        'LoRA change  weights  stored as        kept  noise  verdict',
        'experts        18432  4-bit, block 64  0.99   3.04  under noise',
        'attention        192  4-bit, block 64  1.01   0.49  survives',
        'head               1  f16              0.89   0.46  partly',
        'embedding          1  f16              0.01   0.10  mostly lost',
        'router            48  f32                           no change',
        '',
      ].join('\n'),
    );
  });

  test('without an adapter there is no second part', () => {
    const { adapterSurvival: _left, ...base } = manifest;
    expect(exportSummary(base)).not.toContain('LoRA');
    expect(survivalWarnings(base)).toEqual([]);
  });
});

describe('survivalWarnings', () => {
  test('names each kind that is lost, or drowned by more noise than its directions stand out of', () => {
    // Rank 4 in a width of 64: noise is tolerable up to √(64 / 4) / 2 = 2.
    expect(survivalWarnings(manifest)).toEqual([
      'The experts part of the LoRA is stored whole, but under rounding noise of 3.0 times its size: some of its effect may be lost in it. Exports of both models with --bits 8 are closer.',
      'Of the head part of the LoRA only 89.0 % is stored.',
      'Of the embedding part of the LoRA only 1.0 % is stored.',
    ]);
  });

  test('does not mind the same noise in a wide model', () => {
    const wide = { ...manifest, dimensions: { ...manifest.dimensions, hiddenSize: 2048 } };
    expect(survivalWarnings(wide)).toHaveLength(2);
  });

  test('says that an adapter does nothing', () => {
    const nothing = { kind: 'attention', bits: 4, weights: 8, cosine: null, normRatio: null } as const;
    expect(survivalWarnings({ ...manifest, adapterSurvival: [nothing] })).toEqual([
      'The adapter changes no weight: the export equals its base.',
    ]);
  });
});
