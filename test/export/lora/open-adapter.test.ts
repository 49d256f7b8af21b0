import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openCheckpoint } from '../../../src/export/checkpoint/open-checkpoint.ts';
import { openAdapter } from '../../../src/export/lora/open-adapter.ts';
import type { LowRankChange } from '../../../src/export/lora/weight-change.ts';
import { temporaryFolder, tinyCheckpoint } from '../checkpoint/tiny-files.ts';
import { type TinyTensor } from '../checkpoint/tiny-model.ts';
import { linearFactors, openMerged, tinyAdapter, WEIGHTS_FILE } from './tiny-adapter.ts';

const Q = 'model.layers.0.self_attn.q_proj';
const EXPERTS = 'model.layers.0.mlp.experts';
const name = (tensor: string) => expect.stringContaining(`base_model.model.${tensor}`) as string;

/** hidden 6, inner 5, 3 experts, rank 2. */
const fused = (path: string, rows: number, columns: number): Record<string, TinyTensor> => ({
  [`${path}.lora_A.weight`]: { shape: [6, columns] },
  [`${path}.lora_B.weight`]: { shape: [rows, 6] },
});

const refuse = (tensors: Record<string, TinyTensor>, fields: object, config: object = {}) =>
  expect(openMerged(tinyAdapter(tensors, config))).rejects.toMatchObject({ name: 'FtLensError', ...fields });

describe('an adapter that does not fit', () => {
  it('is refused with the number of tensors and the first', async () => {
    await refuse(
      { ...linearFactors(Q, 8, 12), ...linearFactors('model.layers.1.self_attn.v_proj', 4, 12) },
      {
        message: '4 adapter tensors fit no weight of this checkpoint.',
        where: name(`${Q}.lora_A.weight`),
        expected: '[2, 6]',
        got: '[2, 12]',
        remedy: 'take the checkpoint that adapter_config.json names: Qwen/Other',
      },
      { base_model_name_or_path: 'Qwen/Other' },
    );
  });

  it.each<[string, Record<string, TinyTensor>, string, object?]>([
    ['B has other rows', { ...linearFactors(Q, 9, 6) }, `${Q}.lora_B.weight`],
    [
      'the layer does not exist',
      linearFactors('model.layers.2.self_attn.q_proj', 8, 6),
      'model.layers.2.self_attn.q_proj',
    ],
    [
      'the number of the layer is no number',
      linearFactors('model.layers.00.self_attn.q_proj', 8, 6),
      'model.layers.00',
    ],
    ['the expert does not exist', linearFactors(`${EXPERTS}.3.up_proj`, 5, 6), `${EXPERTS}.3.up_proj`],
    ['the module does not exist', linearFactors('model.layers.0.mlp.up_proj', 5, 6), 'model.layers.0.mlp.up_proj'],
    ['a norm is no matrix', linearFactors('model.norm', 6, 6), 'model.norm.lora_A.weight'],
    [
      'an embedding has the factors of a linear layer',
      linearFactors('model.embed_tokens', 11, 6),
      'model.embed_tokens',
    ],
    ['A stands alone', { [`${Q}.lora_A.weight`]: { shape: [2, 6] } }, `${Q}.lora_A.weight`],
    ['B has a bias', { ...linearFactors(Q, 8, 6), [`${Q}.lora_B.bias`]: { shape: [8] } }, `${Q}.lora_B.bias`],
    ['the rank is not what the configuration says', linearFactors(Q, 8, 6, 3), `${Q}.lora_A.weight`],
    ['a pattern says another rank', linearFactors(Q, 8, 6), `${Q}.lora_A.weight`, { rank_pattern: { q_proj: 4 } }],
    ['a whole weight has another shape', { 'lm_head.weight': { shape: [12, 6] } }, 'lm_head.weight'],
    [
      'a whole weight is unknown',
      { 'model.layers.0.mlp.shared.weight': { shape: [6] } },
      'model.layers.0.mlp.shared.weight',
    ],
    ['fused experts are of other widths', fused(EXPERTS, 10, 5), `${EXPERTS}.lora_A.weight`],
    [
      'the layer of fused experts is no number',
      fused('model.layers.00.mlp.experts', 6, 5),
      'model.layers.00.mlp.experts',
    ],
    [
      'fused experts are of another number',
      { ...fused(EXPERTS, 6, 5), [`${EXPERTS}.lora_A.weight`]: { shape: [7, 5] } },
      EXPERTS,
    ],
    [
      'one weight is changed twice',
      { ...fused(EXPERTS, 6, 5), ...linearFactors(`${EXPERTS}.1.down_proj`, 6, 5) },
      EXPERTS,
    ],
    [
      'one weight is changed and replaced',
      { ...linearFactors(Q, 8, 6), [`${Q}.weight`]: { shape: [8, 6] } },
      `${Q}.weight`,
    ],
    ['DoRA has no row lengths', linearFactors(Q, 8, 6), `${Q}.lora_A.weight`, { use_dora: true }],
    [
      'there are row lengths without DoRA',
      { ...linearFactors(Q, 8, 6), [`${Q}.lora_magnitude_vector`]: { shape: [8] } },
      Q,
    ],
    [
      'row lengths are of another number',
      { ...linearFactors(Q, 8, 6), [`${Q}.lora_magnitude_vector`]: { shape: [7] } },
      `${Q}.lora_magnitude_vector`,
      { use_dora: true },
    ],
    [
      'DoRA is on fused experts',
      { ...fused(EXPERTS, 6, 5), [`${EXPERTS}.lora_magnitude_vector`]: { shape: [6] } },
      `${EXPERTS}.lora_magnitude_vector`,
      { use_dora: true },
    ],
  ])('is refused when %s', async (_, tensors, first, config) => {
    await refuse(tensors, { message: expect.stringContaining('fit'), where: name(first) }, config);
  });

  it('is refused when a name has no prefix of PEFT', async () => {
    const folder = tinyAdapter(linearFactors(Q, 8, 6));
    const bytes = Buffer.from(await import('node:fs').then(({ readFileSync }) => readFileSync(WEIGHTS_FILE(folder))));
    writeFileSync(
      WEIGHTS_FILE(folder),
      Buffer.from(bytes.toString('latin1').replaceAll('base_model.', 'best_model.'), 'latin1'),
    );
    await expect(openMerged(folder)).rejects.toThrow('2 adapter tensors fit no weight of this checkpoint.');
  });
});

describe('the fused form', () => {
  it.each([
    ['gate_up alone', fused(EXPERTS, 10, 6), ['gate_proj', 'up_proj']],
    ['down alone', fused(EXPERTS, 6, 5), ['down_proj']],
    [
      'both',
      { ...fused(`${EXPERTS}.base_layer`, 10, 6), ...fused(EXPERTS, 6, 5) },
      ['gate_proj', 'up_proj', 'down_proj'],
    ],
    [
      'both, nested the other way',
      { ...fused(EXPERTS, 10, 6), ...fused(`${EXPERTS}.base_layer`, 6, 5) },
      ['gate_proj', 'up_proj', 'down_proj'],
    ],
  ])('of %s is told by the shapes', async (_, tensors, projections) => {
    const merged = await openMerged(tinyAdapter(tensors));
    const changed = [...merged.names].filter((weight) => merged.changes(weight));
    expect(changed.toSorted()).toEqual(
      [0, 1, 2]
        .flatMap((expert) => projections.map((projection) => `${EXPERTS}.${expert}.${projection}.weight`))
        .toSorted(),
    );
  });
});

describe('alpha', () => {
  const scaleWith = async (config: object) => {
    const checkpoint = await openCheckpoint(tinyCheckpoint());
    onTestFinished(() => checkpoint.close());
    const adapter = await openAdapter(tinyAdapter(linearFactors('model.layers.0.mlp.gate', 3, 6), config), checkpoint);
    onTestFinished(() => adapter.close());
    return (adapter.changes.get('model.layers.0.mlp.gate.weight') as LowRankChange).scale;
  };

  it.each<[string, object, number]>([
    ['is divided by the rank', {}, 3],
    ['is divided by its root when rank-stabilised', { use_rslora: true }, 6 / Math.SQRT2],
    ['may depend on the module', { alpha_pattern: { gate: 2 } }, 1],
    [
      'may depend on a parameter that is a target',
      { alpha_pattern: { 'gate.weight': 2 }, target_parameters: ['gate.weight'] },
      1,
    ],
    ['does not depend on a parameter that is none', { alpha_pattern: { 'gate.weight': 2 } }, 3],
  ])('%s', async (_, config, scale) => {
    expect(await scaleWith(config)).toBe(scale);
  });
});

describe('a folder is refused', () => {
  it('without adapter_config.json', async () => {
    await expect(openMerged(temporaryFolder())).rejects.toMatchObject({ message: 'This folder is not an adapter.' });
  });

  it('with pickled weights, or none', async () => {
    const folder = tinyAdapter({});
    renameSync(WEIGHTS_FILE(folder), join(folder, 'adapter_model.bin'));
    await expect(openMerged(folder)).rejects.toMatchObject({ got: 'adapter_model.bin' });
    unlinkSync(join(folder, 'adapter_model.bin'));
    await expect(openMerged(folder)).rejects.toMatchObject({ got: 'no such file' });
  });

  it('with no tensors', async () => {
    await refuse({}, { message: 'This adapter holds no LoRA.' });
  });
});
