import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { findAnatomy } from '../../../src/analysis/anatomy/find-anatomy.ts';
import { cachedDecoder, NEXT } from '../../../src/analysis/surgery/cached-decoder.ts';
import { LENGTHS } from '../../../src/analysis/surgery/fresh-prompt.ts';
import { DataType, valueInfo } from '../../../src/onnx/graph-builder.ts';
import { decodeModel, encodeModel, type OnnxModel } from '../../../src/onnx/model.ts';
import { validateModel } from '../../../src/onnx/validate.ts';
import { SIZES, syntheticDecoder } from '../../helpers/synthetic-decoder.ts';

const where = 'model.onnx';

function fixture(name: string): OnnxModel {
  const file = new URL(`../../fixtures/onnx/${name}.onnx`, import.meta.url);
  return decodeModel(new Uint8Array(readFileSync(file)), name);
}

const cached = (model: OnnxModel, device: 'cpu' | 'cuda' | 'webgpu' = 'cpu') =>
  cachedDecoder(model, findAnatomy(model, { where }), { device, where });
const names = (infos: readonly { readonly name: string }[]): string[] => infos.map(({ name }) => name);

describe('cachedDecoder', () => {
  it('is a sound graph, and leaves the model as it is', () => {
    for (const form of [{}, { norms: 'fused' }, { stream: DataType.FLOAT16 }, { lastPositionOnly: true }] as const) {
      const model = syntheticDecoder(form);
      const before = encodeModel(model);
      // The forms for other devices hold loops, which no model may bring.
      expect(() => validateModel(cached(model, 'cuda').model, where)).not.toThrow();
      expect(encodeModel(model)).toEqual(before);
    }
  });

  it('takes tokens and caches in, and gives the next token and the caches', () => {
    const { model, states } = cached(syntheticDecoder({ layers: 2 }));
    const caches = [0, 1].flatMap((layer) => ['key', 'value'].map((part) => `${layer}.${part}`));
    expect(states.map(({ past, present }) => [past.name, present])).toEqual(
      caches.map((cache) => [`past_key_values.${cache}`, `present.${cache}`]),
    );
    expect(names(model.graph.output)).toEqual([
      NEXT.token,
      NEXT.probability,
      ...caches.map((cache) => `present.${cache}`),
    ]);
    const weights = new Set(names(model.graph.initializer));
    expect(names(model.graph.input).filter((name) => !weights.has(name))).toEqual([
      'input_ids',
      ...caches.map((cache) => `past_key_values.${cache}`),
      ...Object.values(LENGTHS),
    ]);
  });

  it('computes no logits but those of the last token', () => {
    const { model } = cached(syntheticDecoder());
    const products = model.graph.node.filter(({ opType }) => opType === 'Gemm');
    expect(products.map(({ name }) => name)).toEqual([expect.stringMatching(/^ft_lens\./)]);
  });

  it.each(['mobius-attention', 'mobius-gqa'])('understands the cache of %s, of another exporter', (name) => {
    const { states } = cached(fixture(name));
    expect(states.map(({ present }) => present)).toEqual(
      ['0.key', '0.value', '1.key', '1.value'].map((cache) => `present.${cache}`),
    );
  });

  it('finds caches by the names that exporters give them', () => {
    const model = syntheticDecoder({ layers: 1 });
    const renamed = (old: string, now: string): void => {
      for (const info of [...model.graph.input, ...model.graph.output]) if (info.name === old) info.name = now;
      for (const node of model.graph.node) {
        node.input = node.input.map((name) => (name === old ? now : name));
        node.output = node.output.map((name) => (name === old ? now : name));
      }
    };
    renamed('present.0.key', 'present_key_values.0.key');
    renamed('past_key_values.0.value', 'past.0.value');
    expect(cached(model).states.map(({ past, present }) => [past.name, present])).toEqual([
      ['past_key_values.0.key', 'present_key_values.0.key'],
      ['past.0.value', 'present.0.value'],
    ]);
  });

  it('keeps the caches in f16 for graphics cards, without a cast between them and attention', () => {
    const { model, states } = cached(syntheticDecoder(), 'cuda');
    expect(states.map(({ past, present }) => [past.elementType, present])).toEqual(
      ['0.key', '0.value', '1.key', '1.value'].map((cache) => [DataType.FLOAT16, `ft_lens.half/present.${cache}`]),
    );
    const attentions = model.graph.node.filter(({ opType }) => opType === 'GroupQueryAttention');
    expect(attentions.flatMap(({ input }) => input.slice(3, 5))).toEqual(states.map(({ past }) => past.name));
    expect(attentions.flatMap(({ output }) => output.slice(1, 3))).toEqual(states.map(({ present }) => present));
    expect(names(model.graph.output).slice(2)).toEqual(states.map(({ present }) => present));
  });

  it('refuses a model without a cache', () => {
    expect(() => cached(fixture('torch-dynamo'))).toThrow(
      expect.objectContaining({ kind: 'input', message: expect.stringContaining('no KV cache'), where }),
    );
  });

  it('refuses a cache that goes in and does not come out, or comes out as something else', () => {
    const without = syntheticDecoder();
    without.graph.output = without.graph.output.filter(({ name }) => name !== 'present.1.value');
    expect(() => cached(without)).toThrow(
      expect.objectContaining({
        kind: 'input',
        where: `${where}, input past_key_values.1.value`,
        expected: 'an output present.1.value of the same type, float',
        got: 'no such output',
      }),
    );
    const other = syntheticDecoder();
    other.graph.output = other.graph.output.map(({ name }) =>
      name === 'present.0.key'
        ? valueInfo(name, DataType.FLOAT16, ['batch', SIZES.heads, 'total', SIZES.headSize])
        : (other.graph.output.find((info) => info.name === name) as (typeof other.graph.output)[number]),
    );
    expect(() => cached(other)).toThrow(expect.objectContaining({ got: 'float16' }));
  });
});
