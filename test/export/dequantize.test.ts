import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/export/checkpoint/open-checkpoint.ts';
import { publishedWeights } from '../../src/export/checkpoint/weight-names.ts';
import type { Encoding } from '../../src/export/decoder/plan.ts';
import { type DequantizeRequest, dequantizeExport } from '../../src/export/dequantize.ts';
import { exportModel } from '../../src/export/export-model.ts';
import type { Manifest } from '../../src/export/folder/manifest.ts';
import { encodeRows } from '../../src/export/quantize/encode-rows.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const checkpoint = join(import.meta.dirname, '../fixtures/tiny-published');
const tied = join(import.meta.dirname, '../fixtures/tiny-tied');
const root = temporaryFolder();
const source = join(root, 'export');
const dequantize = (out: string, request: Partial<DequantizeRequest> = {}): Promise<void> =>
  dequantizeExport({ folder: source, out: join(root, out), ...request });
const configOf = (folder: string) => JSON.parse(readFileSync(join(root, folder, 'config.json'), 'utf8')) as object;

beforeAll(() => exportModel({ checkpoint, out: source }));

/** What the default recipe does to a weight of this name. */
function encodingOf(name: string): Encoding {
  if (/norm|mlp\.gate\./.test(name)) return { form: 'f32' };
  if (/embed_tokens|lm_head/.test(name)) return { form: 'f16' };
  return { form: 'blocks', bits: 4, blockSize: 64 };
}

describe('a dequantised checkpoint', () => {
  it.each([
    ['one file', {}, ['model.safetensors']],
    ['shards', { shardBytes: 400_000 }, expect.arrayContaining(['model.safetensors.index.json'])],
  ])('in %s has every weight as the export applies it', async (_, request, files) => {
    const out = `whole-${Object.keys(request).length}`;
    await dequantize(out, request);
    expect(readdirSync(join(root, out)).filter((name) => name.includes('model.'))).toEqual(files);
    const original = await openCheckpoint(checkpoint);
    const applied = await openCheckpoint(join(root, out));
    expect(applied.dtype).toBe('f32');
    expect(applied.config).toEqual(original.config);
    expect(applied.weights.names).toEqual(original.weights.names);
    for (const [name, [rows, columns = 1]] of publishedWeights(original.config) as Map<string, [number, number?]>) {
      const { stored } = encodeRows(await original.weights.rows(name, 0, rows), columns, encodingOf(name));
      expect(await applied.weights.rows(name, 0, rows), name).toEqual(stored);
    }
    await Promise.all([original.close(), applied.close()]);
  });

  it('has a config.json for transformers, old and new', async () => {
    await dequantize('config');
    expect(configOf('config')).toMatchObject({ dtype: 'float32', torch_dtype: 'float32', tie_word_embeddings: false });
    expect(configOf('config')).not.toHaveProperty('transformers.js_config');
  });

  it('of a tied model stays tied, unless the head has been quantised on its own', async () => {
    await exportModel({ checkpoint: tied, out: join(root, 'tied-export') });
    await dequantize('tied', { folder: join(root, 'tied-export') });
    expect(configOf('tied')).toMatchObject({ tie_word_embeddings: true });

    await exportModel({ checkpoint: tied, out: join(root, 'tied-8-export'), headBits: 8 });
    await dequantize('tied-8', { folder: join(root, 'tied-8-export') });
    expect(configOf('tied-8')).toMatchObject({ tie_word_embeddings: false });
    const applied = await openCheckpoint(join(root, 'tied-8'));
    const rows = (name: string) => applied.weights.rows(name, 0, 1);
    expect(await rows('lm_head.weight')).not.toEqual(await rows('model.embed_tokens.weight'));
    await applied.close();
  });

  it('replaces one that was made before, and nothing else', async () => {
    await dequantize('twice');
    await expect(dequantize('twice')).rejects.toThrow(/exists already/);
    await dequantize('twice', { force: true, shardBytes: 400_000 });
    expect(existsSync(join(root, 'twice', 'model.safetensors'))).toBe(false);

    mkdirSync(join(root, 'theirs'));
    writeFileSync(join(root, 'theirs', 'model.safetensors'), '');
    await expect(dequantize('theirs', { force: true })).rejects.toThrow(/did not write/);
  });
});

describe('a damaged export', () => {
  it('is not dequantised when a tensor is not as long as its shape says', async () => {
    const damaged = join(root, 'damaged-manifest');
    cpSync(source, damaged, { recursive: true });
    const path = join(damaged, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const tensor = manifest.tensors.find(({ dtype }) => dtype === 'u8')!;
    tensor.bytes -= 1;
    writeFileSync(path, JSON.stringify(manifest));
    await expect(dequantize('from-damaged-manifest', { folder: damaged })).rejects.toMatchObject({
      message: 'The manifest does not fit its own recipe.',
      where: `${damaged}, tensor ${tensor.name}`,
    });
    expect(readdirSync(root).filter((name) => name.includes('from-damaged-manifest'))).toEqual([]);
  });

  it('is not dequantised', async () => {
    const damaged = join(root, 'damaged');
    cpSync(source, damaged, { recursive: true });
    const file = join(damaged, 'model.onnx_data');
    const bytes = readFileSync(file);
    bytes[1000]! ^= 1;
    writeFileSync(file, bytes);
    await expect(dequantize('from-damaged', { folder: damaged })).rejects.toMatchObject({
      message: 'The export is damaged.',
      where: file,
    });
    expect(readdirSync(root).filter((name) => name.includes('from-damaged'))).toEqual([]);
  });
});
