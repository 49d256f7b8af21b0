import { mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../../src/export/checkpoint/checkpoint.ts';
import { openCheckpoint } from '../../../src/export/checkpoint/open-checkpoint.ts';
import { expertWeight } from '../../../src/export/checkpoint/weight-names.ts';
import { temporaryFolder, tinyCheckpoint } from './tiny-files.ts';
import {
  safetensorsBytes,
  TINY_CONFIG,
  TINY_CONFIG_JSON,
  tinySafetensors,
  type TinyTensor,
  tinyValues,
  tinyWeights,
} from './tiny-model.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures');

async function withCheckpoint<T>(folder: string, work: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  const checkpoint = await openCheckpoint(folder);
  try {
    return await work(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

const refusal = (fields: object) => expect.objectContaining({ name: 'FtLensError', ...fields }) as Error;

describe('the weights of a checkpoint', () => {
  it('are read by rows under their published names', async () => {
    const weights = tinyWeights();
    await withCheckpoint(tinyCheckpoint(weights), async (checkpoint) => {
      expect([...checkpoint.weights.names]).toEqual(Object.keys(weights));
      expect(checkpoint.dtype).toBe('f32');
      for (const [name, tensor] of Object.entries(weights)) {
        const [rows = 0, columns = 1] = tensor.shape;
        expect(checkpoint.weights.shape(name)).toEqual(tensor.shape);
        expect(await checkpoint.weights.rows(name, 0, rows), name).toEqual(tinyValues(tensor));
        expect(await checkpoint.weights.rows(name, 1, 2), name).toEqual(tinyValues(tensor).slice(columns, 2 * columns));
      }
    });
  });

  it('are cut out of fused tensors', async () => {
    const weights = fuse(tinyWeights());
    await withCheckpoint(tinyCheckpoint(weights), async ({ weights: source }) => {
      expect(source.names).toEqual(new Set(Object.keys(tinyWeights())));
      // (expert, gate's 5 rows then up's 5 rows, 6): up of expert 2 starts after 2 * 10 + 5 rows.
      const gateUp = tinyValues(weights['model.layers.1.mlp.experts.gate_up_proj']!);
      expect(await source.rows(expertWeight(1, 2, 'up_proj'), 1, 3)).toEqual(gateUp.slice(26 * 6, 28 * 6));
      expect(await source.rows(expertWeight(1, 1, 'gate_proj'), 0, 5)).toEqual(gateUp.slice(10 * 6, 15 * 6));
      const down = tinyValues(weights['model.layers.1.mlp.experts.down_proj']!);
      expect(await source.rows(expertWeight(1, 2, 'down_proj'), 0, 6)).toEqual(down.slice(12 * 5, 18 * 5));
    });
  });

  it('may be spread over shards', async () => {
    const weights = tinyWeights();
    await withCheckpoint(shardedCheckpoint(weights), async (checkpoint) => {
      expect(checkpoint.files.map(({ name }) => name)).toEqual(['a.safetensors', 'b.safetensors']);
      for (const [name, tensor] of Object.entries(weights)) {
        expect(await checkpoint.weights.rows(name, 0, tensor.shape[0]!)).toEqual(tinyValues(tensor));
      }
    });
  });

  it('may lie in the cache of the hub, where every file is a link', async () => {
    const source = tinyCheckpoint();
    const cache = temporaryFolder();
    const snapshot = join(cache, 'snapshots', 'f'.repeat(40));
    mkdirSync(join(cache, 'blobs'));
    mkdirSync(snapshot, { recursive: true });
    for (const [i, name] of ['config.json', 'model.safetensors'].entries()) {
      renameSync(join(source, name), join(cache, 'blobs', `blob${i}`));
      symlinkSync(join('..', '..', 'blobs', `blob${i}`), join(snapshot, name));
    }
    await withCheckpoint(snapshot, async ({ config }) => expect(config).toEqual(TINY_CONFIG));
  });

  it('may come with rotary frequencies and, when tied, a copy of the head', async () => {
    const embedding = { shape: [11, 6], start: 7 };
    const weights = {
      ...tinyWeights({ ...TINY_CONFIG, tiedEmbeddings: true }),
      'model.embed_tokens.weight': embedding,
      'lm_head.weight': embedding,
      'model.layers.0.self_attn.rotary_emb.inv_freq': { shape: [1] },
    };
    const tied = { ...TINY_CONFIG_JSON, tie_word_embeddings: true };
    await withCheckpoint(tinyCheckpoint(weights, tied), async ({ weights: source }) =>
      expect(source.names.has('lm_head.weight')).toBe(false),
    );
    const different = { ...weights, 'lm_head.weight': { shape: [11, 6], start: 8 } };
    await expect(openCheckpoint(tinyCheckpoint(different, tied))).rejects.toThrow(/both tied and different/);
  });

  it.each(['tiny-published', 'tiny-v5', 'tiny-tied'])('of %s, saved by transformers, are all found', async (name) => {
    await withCheckpoint(join(FIXTURES, name), async ({ weights, config }) => {
      const expected = 2 + (config.tiedEmbeddings ? 0 : 1) + config.layers * (9 + 3 * config.experts) - 0;
      expect(weights.names.size).toBe(expected);
      for (const weight of weights.names) {
        const values = await weights.rows(weight, 0, 1);
        expect(values.every(Number.isFinite), weight).toBe(true);
      }
    });
  });
});

describe('a checkpoint is refused', () => {
  const refuse = (folder: string, fields: object) => expect(openCheckpoint(folder)).rejects.toThrow(refusal(fields));

  it('when a weight is missing', async () => {
    const weights = tinyWeights();
    delete weights['model.layers.1.mlp.experts.2.up_proj.weight'];
    delete weights['model.norm.weight'];
    await refuse(tinyCheckpoint(weights), {
      message: '2 weights are missing from this checkpoint.',
      expected: 'model.layers.1.mlp.experts.2.up_proj.weight, as config.json says',
    });
  });

  it('when a tensor has another shape than config.json says', async () => {
    const name = 'model.layers.0.self_attn.k_proj.weight';
    const folder = tinyCheckpoint({ ...tinyWeights(), [name]: { shape: [6, 4] } });
    await refuse(folder, { where: `${folder}, tensor ${name}`, expected: '[4, 6]', got: '[6, 4]' });
  });

  it('when a tensor has no place in the model', async () => {
    const folder = tinyCheckpoint({ ...tinyWeights(), 'model.layers.2.mlp.gate.weight': { shape: [3, 6] } });
    await refuse(folder, { message: '1 tensor has no place in this model.', got: 'model.layers.2.mlp.gate.weight' });
  });

  it('when experts are there both fused and one by one', async () => {
    const folder = tinyCheckpoint({ ...fuse(tinyWeights()), ...tinyWeights() });
    await refuse(folder, { message: '4 tensors have no place in this model.' });
  });

  it('when a shard is missing, or does not hold what the index says', async () => {
    const missing = shardedCheckpoint(tinyWeights());
    unlinkSync(join(missing, 'b.safetensors'));
    await refuse(missing, { where: join(missing, 'b.safetensors') });

    const index = (map: Record<string, string>) => JSON.stringify({ weight_map: map });
    const files = {
      'config.json': JSON.stringify(TINY_CONFIG_JSON),
      'a.safetensors': tinySafetensors({ x: { shape: [1] } }),
    };
    await refuse(
      temporaryFolder({ ...files, 'model.safetensors.index.json': index({ x: 'a.safetensors', y: 'a.safetensors' }) }),
      { where: 'a.safetensors, tensor y', got: 'no such tensor' },
    );
    const twice = { ...files, 'b.safetensors': tinySafetensors({ x: { shape: [1] }, y: { shape: [1] } }) };
    await refuse(
      temporaryFolder({ ...twice, 'model.safetensors.index.json': index({ x: 'a.safetensors', y: 'b.safetensors' }) }),
      { where: 'b.safetensors, tensor x', got: 'it stands in b.safetensors' },
    );
  });

  it.each(['../secret.safetensors', '/etc/x.safetensors', 'a\\b.safetensors', 'a.bin', '..', 'a\0.safetensors', 7])(
    'when the index names the shard %j',
    async (shard) => {
      const index = JSON.stringify({ weight_map: { x: shard } });
      await refuse(
        temporaryFolder({ 'config.json': JSON.stringify(TINY_CONFIG_JSON), 'model.safetensors.index.json': index }),
        {
          message: 'The index names a shard that is not a file of this folder.',
        },
      );
    },
  );

  it('when the weights are pickled', async () => {
    const folder = temporaryFolder({ 'config.json': JSON.stringify(TINY_CONFIG_JSON), 'pytorch_model.bin': 'x' });
    await refuse(folder, {
      message: expect.stringContaining('pickled'),
      remedy: expect.stringContaining('save_pretrained'),
    });
  });

  it('when it is an adapter, or nothing at all', async () => {
    await refuse(temporaryFolder({ 'adapter_config.json': '{}' }), { remedy: expect.stringContaining('--adapter') });
    await refuse(temporaryFolder(), { expected: 'a config.json' });
    await refuse(temporaryFolder({ 'config.json': JSON.stringify(TINY_CONFIG_JSON) }), {
      message: 'This folder holds no weights.',
    });
  });

  it('when it holds two sets of weights', async () => {
    const folder = shardedCheckpoint(tinyWeights());
    writeFileSync(join(folder, 'model.safetensors'), tinySafetensors(tinyWeights()));
    await refuse(folder, { got: 'both' });
  });

  it('when a weight is stored in 8 bits', async () => {
    const weights = tinyWeights();
    const name = 'model.norm.weight';
    delete weights[name];
    const rest = tinySafetensors(weights);
    const length = Number(new DataView(rest.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(rest.subarray(8, 8 + length))) as Record<string, object>;
    const data = rest.subarray(8 + length);
    header[name] = { dtype: 'F8_E4M3', shape: [6], data_offsets: [data.length, data.length + 6] };
    const folder = temporaryFolder({
      'config.json': JSON.stringify(TINY_CONFIG_JSON),
      'model.safetensors': safetensorsBytes(header, Buffer.concat([data, new Uint8Array(6)])),
    });
    await refuse(folder, { where: `model.safetensors, tensor ${name}`, got: 'F8_E4M3' });
  });

  it('when its file is cut short, at whatever byte', async () => {
    const whole = tinySafetensors(tinyWeights());
    const folder = tinyCheckpoint();
    for (let bytes = 0; bytes < whole.length; bytes += 97) {
      writeFileSync(join(folder, 'model.safetensors'), whole.subarray(0, bytes));
      await refuse(folder, {});
    }
  });
});

/** The same experts as transformers 5 keeps them in memory. */
function fuse(weights: Record<string, TinyTensor>): Record<string, TinyTensor> {
  const fused = Object.fromEntries(Object.entries(weights).filter(([name]) => !/\.experts\.\d/.test(name)));
  const { experts, hiddenSize, expertIntermediateSize: inner } = TINY_CONFIG;
  for (let layer = 0; layer < TINY_CONFIG.layers; layer++) {
    const prefix = `model.layers.${layer}.mlp.experts`;
    fused[`${prefix}.gate_up_proj`] = { shape: [experts, 2 * inner, hiddenSize], start: 1e6 };
    fused[`${prefix}.down_proj`] = { shape: [experts, hiddenSize, inner], start: 2e6 };
  }
  return fused;
}

function shardedCheckpoint(weights: Record<string, TinyTensor>): string {
  const shards: Record<string, Record<string, TinyTensor>> = { 'a.safetensors': {}, 'b.safetensors': {} };
  const map: Record<string, string> = {};
  for (const [i, [name, tensor]] of Object.entries(weights).entries()) {
    const shard = i % 3 === 0 ? 'a.safetensors' : 'b.safetensors';
    shards[shard]![name] = tensor;
    map[name] = shard;
  }
  return temporaryFolder({
    'config.json': JSON.stringify(TINY_CONFIG_JSON),
    'model.safetensors.index.json': JSON.stringify({ metadata: { total_size: 1 }, weight_map: map }),
    ...Object.fromEntries(Object.entries(shards).map(([shard, tensors]) => [shard, tinySafetensors(tensors)])),
  });
}
