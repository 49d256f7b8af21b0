import { Ajv2020 } from 'ajv/dist/2020.js';
import * as z from 'zod';
import { describe, expect, it } from 'vitest';
import { manifestSchema } from '../../../src/export/folder/manifest.ts';
import { parseManifest } from '../../../src/export/folder/read-manifest.ts';
import { tinyManifest } from './tiny-manifest.ts';

const parse = (json: unknown) => parseManifest(json, 'manifest.json');

describe('parseManifest', () => {
  it('reads what was written', () => {
    expect(parse(JSON.parse(JSON.stringify(tinyManifest)))).toEqual(tinyManifest);
  });

  it.each([
    ['no manifest', { schema: 'other' }, 'The manifest is not one of ft-lens.'],
    ['a list', [], 'The manifest is not one of ft-lens.'],
    ['a later version', { ...tinyManifest, schemaVersion: '2.0' }, 'version that this ft-lens does not read'],
    ['an unknown key', { ...tinyManifest, extra: 1 }, 'The manifest is damaged.'],
    ['no dimensions', { ...tinyManifest, dimensions: undefined }, 'The manifest is damaged.'],
  ])('refuses %s', (_, json, message) => {
    expect(() => parse(json)).toThrow(message);
  });

  it.each<[string, object]>([
    ['layers', { layers: 2 ** 40 }],
    ['experts', { experts: 1e9 }],
  ])('refuses %s beyond all models', (key, change) => {
    const dimensions = { ...tinyManifest.dimensions, ...change };
    expect(() => parse({ ...tinyManifest, dimensions })).toThrow(
      expect.objectContaining({ got: expect.stringContaining(`dimensions.${key}`) as string }) as Error,
    );
  });

  it.each(['../model.onnx_data', '/etc/passwd', '..', '.', '', 'a/b', 'a\\b', 'a\0b', 'a\nb'])(
    'refuses the file name %j',
    (name) => {
      const files = [{ ...tinyManifest.files[0]!, name }];
      expect(() => parse({ ...tinyManifest, files, tensors: [] })).toThrow('The manifest is damaged.');
    },
  );

  it.each([
    ['beyond the end', { offset: 1 }],
    ['in an unknown file', { file: 'other' }],
  ])('refuses a tensor %s', (_, change) => {
    const tensors = [{ ...tinyManifest.tensors[0]!, ...change }];
    expect(() => parse({ ...tinyManifest, tensors })).toThrow('The manifest places a tensor outside its file.');
  });

  it.each([-1, 1.5, 2 ** 53, '0', Infinity])('refuses the offset %s', (offset) => {
    const tensors = [{ ...tinyManifest.tensors[0]!, offset }];
    expect(() => parse({ ...tinyManifest, tensors })).toThrow('The manifest is damaged.');
  });
});

it('has a JSON Schema that accepts the same', () => {
  const validate = new Ajv2020({ strict: false }).compile(z.toJSONSchema(manifestSchema));
  expect(validate(tinyManifest)).toBe(true);
  expect(validate({ ...tinyManifest, extra: 1 })).toBe(false);
});
