import { join } from 'node:path';
import {
  AutoModelForCausalLM,
  env,
  type PreTrainedModel,
  Tensor as TransformersTensor,
} from '@huggingface/transformers';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import type { Qwen3MoeConfig } from '../../src/export/checkpoint/model-config.ts';
import { openCheckpoint } from '../../src/export/checkpoint/open-checkpoint.ts';
import { openExportWeights } from '../../src/export/dequantize/export-weights.ts';
import { readManifest } from '../../src/export/folder/read-manifest.ts';
import { readLensGolden } from '../helpers/lens-golden.ts';
import { Exports } from './exports.ts';
import { referenceLogits } from './reference-decoder.ts';

const exports = new Exports();
afterAll(() => exports.remove());

const IDS = [275, 271, 256, 5, 315, 42, 0, 269, 133];
/** f32 sums in another order: the logits of these fixtures reach 10, f32 has 7 digits, 2-3 layers lose one. */
const LOGIT_TOLERANCE = 5e-5;

const int64 = (rows: readonly (readonly number[])[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0]!.length]);

/** Inputs of the decoder for tokens that follow `past` others. */
function feeds(
  config: Qwen3MoeConfig,
  ids: readonly (readonly number[])[],
  mask: readonly (readonly number[])[],
  past = 0,
) {
  const positions = ids.map((row) => row.map((_, i) => past + i));
  const empty = new Tensor('float32', new Float32Array(), [ids.length, config.keyValueHeads, 0, config.headDim]);
  const caches = Array.from({ length: config.layers }, (_, i) =>
    ['key', 'value'].map((part) => [`past_key_values.${i}.${part}`, empty] as const),
  ).flat();
  return {
    input_ids: int64(ids),
    attention_mask: int64(mask),
    position_ids: int64(positions),
    ...Object.fromEntries(caches),
  };
}

const ones = (length: number): number[] => Array<number>(length).fill(1);
const logitsOf = (outputs: InferenceSession.OnnxValueMapType): Float32Array => outputs['logits']!.data as Float32Array;

function largestDifference(actual: Float32Array, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length);
  return actual.reduce((largest, value, i) => Math.max(largest, Math.abs(value - expected[i]!)), 0);
}

async function open(checkpoint: string, adapter?: string, recipe: Parameters<Exports['make']>[2] = {}) {
  const folder = await exports.make(checkpoint, adapter, recipe);
  const { config, close } = await openCheckpoint(join(import.meta.dirname, '../fixtures', checkpoint));
  await close();
  // Through its path, without any option: as every program does.
  return { folder, config, session: await InferenceSession.create(join(folder, 'model.onnx')) };
}

describe('the exported graph in ONNX Runtime', () => {
  it.each([
    ['tiny-published', undefined, {}],
    ['tiny-v5', 'fused', {}],
    ['tiny-tied', undefined, {}],
    ['tiny-tied', 'embedding', {}],
    ['tiny-published', undefined, { bits: 8, blockSize: 32, headBits: 8 }],
    ['tiny-v5', undefined, { blockSize: 32, headBits: 4 }],
    ['tiny-tied', undefined, { bits: 8, headBits: 4 }],
  ] as const)('computes what Qwen3-MoE is: %s, %s, %j', async (checkpoint, adapter, recipe) => {
    const { folder, config, session } = await open(checkpoint, adapter, recipe);
    const weights = await openExportWeights(folder, await readManifest(folder));
    const outputs = await session.run(feeds(config, [IDS], [ones(IDS.length)]));
    const expected = await referenceLogits(config, weights, IDS);
    expect(outputs['logits']!.dims).toEqual([1, IDS.length, config.vocabSize]);
    expect(largestDifference(logitsOf(outputs), expected.flat())).toBeLessThan(LOGIT_TOLERANCE);
    await weights.close();
    await session.release();
  });

  it('continues from its cache as if it had read all at once', async () => {
    const { config, session } = await open('tiny-published');
    const whole = logitsOf(await session.run(feeds(config, [IDS], [ones(IDS.length)])));
    const first = await session.run(feeds(config, [IDS.slice(0, 6)], [ones(6)]));
    const cache = Object.fromEntries(
      Object.entries(first)
        .filter(([name]) => name.startsWith('present'))
        .map(([name, tensor]) => [name.replace('present', 'past_key_values'), tensor]),
    );
    const rest = await session.run({ ...feeds(config, [IDS.slice(6)], [ones(IDS.length)], 6), ...cache });
    expect(rest['present.0.key']!.dims).toEqual([1, config.keyValueHeads, IDS.length, config.headDim]);
    expect(largestDifference(logitsOf(rest), whole.subarray(6 * config.vocabSize))).toBeLessThan(LOGIT_TOLERANCE);
    await session.release();
  });

  it('reads several prompts at once, padded on the right', async () => {
    const { config, session } = await open('tiny-published');
    const short = IDS.slice(0, 5);
    const padded = [...short, 0, 0, 0, 0];
    const mask = [ones(IDS.length), [...ones(5), 0, 0, 0, 0]];
    const both = logitsOf(await session.run(feeds(config, [IDS, padded], mask)));
    const alone = logitsOf(await session.run(feeds(config, [short], [ones(5)])));
    const second = both.subarray(IDS.length * config.vocabSize, (IDS.length + 5) * config.vocabSize);
    expect(largestDifference(second, alone)).toBeLessThan(LOGIT_TOLERANCE);
    await session.release();
  });

  it('runs over a data file that two exports share', async () => {
    const base = await exports.make('tiny-published');
    const { folder, config, session } = await open('tiny-published', 'attention', { shareWith: base });
    const weights = await openExportWeights(folder, await readManifest(folder));
    const outputs = await session.run(feeds(config, [IDS], [ones(IDS.length)]));
    const expected = await referenceLogits(config, weights, IDS);
    expect(largestDifference(logitsOf(outputs), expected.flat())).toBeLessThan(LOGIT_TOLERANCE);
    await weights.close();
    await session.release();
  });
});

describe('the exported folder in transformers.js', () => {
  env.allowRemoteModels = false;

  async function generate(model: PreTrainedModel, ids: readonly number[], count: number): Promise<number[]> {
    const tensor = (values: readonly number[]) =>
      new TransformersTensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
    const output = (await model.generate({
      inputs: tensor(ids),
      attention_mask: tensor(ones(ids.length)),
      max_new_tokens: count,
      min_new_tokens: count,
      do_sample: false,
    } as Parameters<PreTrainedModel['generate']>[0])) as TransformersTensor;
    return Array.from(output.data as BigInt64Array, Number).slice(ids.length);
  }

  it.each([
    ['tiny-published', 'base'],
    ['tiny-published', 'attention-experts'],
    ['tiny-published', 'modules-to-save'],
    ['tiny-v5', 'base'],
    ['tiny-tied', 'base'],
  ])('generates with its cache what Hugging Face does on the dequantised weights: %s, %s', async (checkpoint, name) => {
    const base = await exports.make(checkpoint);
    const folder = name === 'base' ? base : await exports.make(checkpoint, name, { shareWith: base });
    const model = await AutoModelForCausalLM.from_pretrained(folder, { subfolder: '', local_files_only: true });
    const { prompts } = readLensGolden(checkpoint);
    expect(prompts.length).toBeGreaterThan(0);
    for (const prompt of prompts) {
      const { generated } = prompt.models[name]!;
      expect(await generate(model, prompt.ids, generated.length), prompt.name).toEqual(generated);
    }
    await model.dispose();
  });
});
