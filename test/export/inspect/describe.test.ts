import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeAdapter } from '../../../src/export/inspect/describe-adapter.ts';
import { describeCheckpoint } from '../../../src/export/inspect/describe-checkpoint.ts';
import { tinyCheckpoint } from '../checkpoint/tiny-files.ts';
import { TINY_CONFIG } from '../checkpoint/tiny-model.ts';
import { linearFactors, tinyAdapter } from '../lora/tiny-adapter.ts';

const ADAPTERS = join(import.meta.dirname, '..', '..', 'fixtures', 'adapters');

describe('a checkpoint', () => {
  it('is described by its sizes', async () => {
    const description = await describeCheckpoint(tinyCheckpoint());
    // Attention of a layer: q 8x6, k and v 4x6, o 6x8. Experts: 2 layers x 3 experts x 3 matrices of 30. Two of three are active.
    expect(description).toMatchObject({
      type: 'checkpoint',
      config: TINY_CONFIG,
      dtype: 'f32',
      files: [{ name: 'model.safetensors' }],
    });
    expect(description.kinds).toEqual([
      { kind: 'embedding', weights: 1, parameters: 66 },
      { kind: 'norm', weights: 9, parameters: 2 * (6 + 6 + 2 + 2) + 6 },
      { kind: 'attention', weights: 8, parameters: 2 * (48 + 24 + 24 + 48) },
      { kind: 'router', weights: 2, parameters: 36 },
      { kind: 'experts', weights: 18, parameters: 540 },
      { kind: 'head', weights: 1, parameters: 66 },
    ]);
    expect(description.parameters).toBe(66 + 38 + 288 + 36 + 540 + 66);
    expect(description.activeParameters).toBe(description.parameters - 180);
  });
});

describe('an adapter', () => {
  it('is described by what it changes', async () => {
    const description = await describeAdapter(join(ADAPTERS, 'tiny-published', 'attention-experts'));
    expect(description).toMatchObject({
      type: 'adapter',
      settings: { rank: 2, alpha: 4, rankStabilised: false, dora: false, baseModel: 'tiny-published' },
      replacements: [],
      unknownTensors: [],
    });
    expect(description.kinds).toContainEqual({
      kind: 'attention',
      fused: false,
      modules: 8,
      projections: ['q', 'k', 'v', 'o'],
      layers: [1, 2],
      ranks: [2],
      scales: [2],
      zeroModules: 0,
    });
  });

  it.each<[string, string, object]>([
    ['tiny-v5', 'fused', { kind: 'experts', fused: true, projections: ['gate', 'up', 'down'] }],
    ['tiny-v5', 'fused-down', { kind: 'experts', fused: true, projections: ['down'] }],
    ['tiny-v5', 'fused-gate-up', { kind: 'experts', fused: true, projections: ['gate', 'up'] }],
    ['tiny-v5', 'fused-rslora', { kind: 'experts', scales: [expect.closeTo(Math.SQRT2) as number] }],
    ['tiny-v5', 'router-parameter', { kind: 'router', projections: ['gate'] }],
    ['tiny-tied', 'embedding', { kind: 'embedding', layers: [] }],
  ])('of %s %s is described', async (checkpoint, adapter, kind) => {
    const { kinds } = await describeAdapter(join(ADAPTERS, checkpoint, adapter));
    expect(kinds).toContainEqual(expect.objectContaining(kind));
  });

  it('that was never trained is told by its zero factors', async () => {
    const zero = (length: number) => new Float32Array(length);
    const trained = linearFactors('model.layers.0.self_attn.q_proj', 8, 6);
    const untrained = linearFactors('model.layers.1.self_attn.q_proj', 8, 6);
    untrained['model.layers.1.self_attn.q_proj.lora_B.weight'] = { shape: [8, 2], values: zero(16) };
    const embedding = {
      'model.embed_tokens.lora_embedding_A': { shape: [2, 11], values: zero(22) },
      'model.embed_tokens.lora_embedding_B': { shape: [6, 2] },
    };
    const { kinds } = await describeAdapter(tinyAdapter({ ...trained, ...untrained, ...embedding }));
    expect(kinds).toContainEqual(expect.objectContaining({ kind: 'attention', modules: 2, zeroModules: 1 }));
    expect(kinds).toContainEqual(expect.objectContaining({ kind: 'embedding', modules: 1, zeroModules: 1 }));
  });

  it('shows whole weights and names that are not of PEFT', async () => {
    const alone = { 'model.layers.0.mlp.gate.lora_A.weight': { shape: [2, 6] } };
    const odd = { 'model.layers.0.mlp.gate.lora_C.weight': { shape: [2] } };
    const description = await describeAdapter(tinyAdapter({ 'lm_head.weight': { shape: [11, 6] }, ...alone, ...odd }));
    expect(description.replacements).toEqual(['lm_head.weight']);
    expect(description.unknownTensors).toHaveLength(2);
  });
});
