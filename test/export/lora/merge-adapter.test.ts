import { describe, expect, it } from 'vitest';
import { EMBEDDING, expertWeight, HEAD } from '../../../src/export/checkpoint/weight-names.ts';
import { tinyCheckpoint } from '../checkpoint/tiny-files.ts';
import { TINY_CONFIG, TINY_CONFIG_JSON, tinyValues, tinyWeights } from '../checkpoint/tiny-model.ts';
import { linearFactors, openMerged, tinyAdapter, wave } from './tiny-adapter.ts';

const Q = 'model.layers.0.self_attn.q_proj';

describe('a merged weight', () => {
  it('is W + alpha / r * B A, the same whichever rows are asked for', async () => {
    const merged = await openMerged(tinyAdapter(linearFactors(Q, 8, 6)));
    const rows = await merged.rows(`${Q}.weight`, 0, 8);
    const base = tinyValues(tinyWeights()[`${Q}.weight`]!);
    const [a, b] = [wave(12, 1), wave(16, 2)];
    for (let i = 0; i < 8; i++) {
      for (let j = 0; j < 6; j++) {
        const delta = 3 * (b[2 * i]! * a[j]! + b[2 * i + 1]! * a[6 + j]!);
        // One rounding to f32 of numbers near 2000.
        expect(Math.abs(rows[6 * i + j]! - (base[6 * i + j]! + delta))).toBeLessThan(2 ** -13);
      }
      expect(await merged.rows(`${Q}.weight`, i, i + 1)).toEqual(rows.slice(6 * i, 6 * i + 6));
    }
    expect(await merged.baseRows(`${Q}.weight`, 1, 8)).toEqual(base.slice(6));
  });

  it('is the base itself where the adapter has nothing', async () => {
    const merged = await openMerged(tinyAdapter(linearFactors(Q, 8, 6)));
    const other = 'model.layers.1.self_attn.q_proj.weight';
    expect(merged.changes(other)).toBeUndefined();
    expect(await merged.rows(other, 0, 8)).toEqual(tinyValues(tinyWeights()[other]!));
    expect(await merged.baseRows(other, 0, 8)).toEqual(tinyValues(tinyWeights()[other]!));
  });

  it('leaves the weights of the base as they are', async () => {
    const merged = await openMerged(tinyAdapter(linearFactors(Q, 8, 6)));
    expect(await merged.rows(`${Q}.weight`, 0, 8)).toEqual(await merged.rows(`${Q}.weight`, 0, 8));
  });

  it.each([
    ['attention', Q, 8, 6],
    ['router', 'model.layers.1.mlp.gate', 3, 6],
    ['experts', 'model.layers.1.mlp.experts.2.down_proj', 6, 5],
    ['head', 'lm_head', 11, 6],
  ] as const)('of the %s is reported as such', async (kind, module, rows, columns) => {
    const merged = await openMerged(tinyAdapter(linearFactors(module, rows, columns)));
    expect([...merged.names].filter((name) => merged.changes(name) !== undefined)).toEqual([`${module}.weight`]);
    expect(merged.changes(`${module}.weight`)).toBe(kind);
  });

  it('has DoRA row lengths', async () => {
    const magnitude = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    const merged = await openMerged(
      tinyAdapter(
        { ...linearFactors(Q, 8, 6), [`${Q}.lora_magnitude_vector`]: { shape: [8], values: magnitude } },
        { use_dora: true },
      ),
    );
    const rows = await merged.rows(`${Q}.weight`, 2, 8);
    for (let i = 0; i < 6; i++)
      expect(Math.hypot(...rows.subarray(6 * i, 6 * i + 6))).toBeCloseTo(magnitude[i + 2]!, 5);
  });

  it('is a tensor that was trained as a whole', async () => {
    const fused = { shape: [3, 10, 6], start: -500 };
    const merged = await openMerged(
      tinyAdapter({ 'model.norm.weight': { shape: [6], start: 3 }, 'model.layers.0.mlp.experts.gate_up_proj': fused }),
    );
    expect(merged.changes('model.norm.weight')).toBe('norm');
    expect([...(await merged.rows('model.norm.weight', 1, 3))]).toEqual([4, 5]);
    // Expert 1's up: after 10 rows of expert 0 and 5 of its gate.
    expect(await merged.rows(expertWeight(0, 1, 'up_proj'), 0, 5)).toEqual(tinyValues(fused).slice(15 * 6, 20 * 6));
  });

  it('that overflows is an error that names the place', async () => {
    const factors = linearFactors(Q, 8, 6);
    factors[`${Q}.lora_B.weight`]!.values![5] = 3e38;
    const merged = await openMerged(tinyAdapter(factors, { lora_alpha: 1e3 }));
    await expect(merged.rows(`${Q}.weight`, 0, 2)).resolves.toBeDefined();
    await expect(merged.rows(`${Q}.weight`, 1, 8)).rejects.toMatchObject({
      name: 'FtLensError',
      where: expect.stringContaining(`${Q}.weight, row 2`) as string,
    });
  });
});

describe('a tied model', () => {
  const tied = () =>
    tinyCheckpoint(tinyWeights({ ...TINY_CONFIG, tiedEmbeddings: true }), {
      ...TINY_CONFIG_JSON,
      tie_word_embeddings: true,
    });
  const embeddingFactors = {
    'model.embed_tokens.lora_embedding_A': { shape: [2, 11], values: wave(22, 1) },
    'model.embed_tokens.lora_embedding_B': { shape: [6, 2], values: wave(12, 2) },
  };

  it('stays tied when neither weight changes', async () => {
    const merged = await openMerged(tinyAdapter(linearFactors(Q, 8, 6)), tied());
    expect(merged.names.has(HEAD)).toBe(false);
  });

  // PEFT's forward pass with the adapter has the base's own weight as its head: only the lookup has the factors.
  it('keeps its head when the embedding changes', async () => {
    const merged = await openMerged(tinyAdapter(embeddingFactors), tied());
    const base = tinyValues({ shape: [11, 6] });
    expect(merged.names.has(HEAD)).toBe(true);
    expect(merged.shape(HEAD)).toEqual([11, 6]);
    expect(merged.changes(HEAD)).toBeUndefined();
    expect(await merged.rows(HEAD, 0, 11)).toEqual(base);
    const [a, b] = [wave(22, 1), wave(12, 2)];
    const [row, column] = [9, 4];
    const delta = 3 * (b[2 * column]! * a[row]! + b[2 * column + 1]! * a[11 + row]!);
    const embedding = await merged.rows(EMBEDDING, row, row + 1);
    expect(embedding[column]).toBeCloseTo(base[6 * row + column]! + delta, 4);
  });

  it('keeps its embedding when the head changes', async () => {
    const merged = await openMerged(tinyAdapter(linearFactors('lm_head', 11, 6)), tied());
    expect(merged.changes(HEAD)).toBe('head');
    expect(merged.changes(EMBEDDING)).toBeUndefined();
    expect(await merged.rows(EMBEDDING, 0, 11)).toEqual(tinyValues({ shape: [11, 6] }));
    expect(await merged.baseRows(HEAD, 0, 11)).toEqual(tinyValues({ shape: [11, 6] }));
    expect(await merged.rows(HEAD, 0, 1)).not.toEqual(tinyValues({ shape: [1, 6] }));
  });
});

describe("the base's own weight beside a LoRA", () => {
  const head = tinyWeights()['lm_head.weight']!;

  it('is ignored when it is the same', async () => {
    const merged = await openMerged(
      tinyAdapter({ ...linearFactors('lm_head', 11, 6), 'lm_head.base_layer.weight': head }),
    );
    expect([...merged.names].filter((name) => merged.changes(name))).toEqual([HEAD]);
  });

  it('tells when the adapter was trained on another checkpoint', async () => {
    const other = { shape: [11, 6], values: tinyValues(head).map((value, i) => (i === 40 ? value * 1.01 : value)) };
    const adapter = tinyAdapter(
      { ...linearFactors('lm_head', 11, 6), 'lm_head.base_layer.weight': other },
      { base_model_name_or_path: 'Qwen/Other' },
    );
    await expect(openMerged(adapter)).rejects.toMatchObject({
      message: 'This adapter was trained on another checkpoint.',
      where: expect.stringContaining('row 6') as string,
      remedy: expect.stringContaining('Qwen/Other') as string,
    });
  });
});
