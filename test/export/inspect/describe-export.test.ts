import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { exportModel } from '../../../src/export/export-model.ts';
import { describeExport } from '../../../src/export/inspect/describe-export.ts';
import { temporaryFolder } from '../../helpers/temporary-folder.ts';

const fixtures = join(import.meta.dirname, '../../fixtures');
const checkpoint = join(fixtures, 'tiny-v5');
const root = temporaryFolder();
const base = join(root, 'base');
const ft = join(root, 'ft');

beforeAll(async () => {
  await exportModel({ checkpoint, out: base, blockSize: 32, headBits: 8 });
  const adapter = join(fixtures, 'adapters/tiny-v5/fused');
  await exportModel({ checkpoint, adapter, out: ft, shareWith: base, blockSize: 32, headBits: 8 });
});

describe('describeExport', () => {
  it('tells what the manifest and the graph hold', async () => {
    const { manifest, graph, files, bytes, sharedBytes } = await describeExport(ft);
    expect(manifest).toMatchObject({
      source: { checkpoint: { name: 'tiny-v5' }, adapter: { name: 'fused' } },
      dimensions: { layers: 2, experts: 5 },
    });
    expect(graph).toMatchObject({ producer: 'ft-lens', opset: 23 });
    expect(graph.inputs.slice(0, 4)).toEqual(['input_ids', 'attention_mask', 'position_ids', 'past_key_values.0.key']);
    expect(graph.quantized).toEqual([
      { operator: 'MatMulNBits', bits: 4, blockSize: 32, nodes: 8 },
      { operator: 'QMoE', bits: 4, blockSize: 32, nodes: 2 },
      { operator: 'MatMulNBits', bits: 8, blockSize: 32, nodes: 1 },
    ]);
    // The adapter changes all experts and nothing else: the base's attention and rest are linked, its experts are not.
    const dataFiles = files.filter(({ name }) => name.startsWith('model.onnx_data'));
    expect(dataFiles).toMatchObject([
      { name: 'model.onnx_data', linked: true, sharedWith: 'base' },
      { name: 'model.onnx_data_1', linked: true, sharedWith: 'base' },
      { name: 'model.onnx_data_2', linked: false },
    ]);
    const size = (name: string) => readFileSync(join(base, name)).length;
    expect(sharedBytes).toBe(size('model.onnx_data_1') + size('model.onnx_data_2'));
    expect(bytes).toBe(files.reduce((sum, file) => sum + readFileSync(join(ft, file.name)).length, 0));
  });

  it('does without a manifest', async () => {
    rmSync(join(base, 'manifest.json'));
    const description = await describeExport(base);
    expect(description.manifest).toBeUndefined();
    expect(description.files.map(({ name }) => name)).toEqual([
      'model.onnx',
      'model.onnx_data',
      'model.onnx_data_1',
      'model.onnx_data_2',
    ]);
    expect(description.graph.quantized).toHaveLength(3);
  });

  it('says which file is missing', async () => {
    rmSync(join(ft, 'model.onnx_data_2'));
    await expect(describeExport(ft)).rejects.toMatchObject({ expected: 'model.onnx_data_2', got: 'no such file' });
  });

  it('refuses a manifest that does not list a data file of the graph: nobody could verify it', async () => {
    const partial = join(root, 'partial');
    cpSync(ft, partial, { recursive: true });
    const path = join(partial, 'manifest.json');
    const manifest = JSON.parse(readFileSync(path, 'utf8'));
    manifest.files = manifest.files.filter(({ name }: { name: string }) => name !== 'model.onnx_data');
    manifest.tensors = [];
    writeFileSync(path, JSON.stringify(manifest));
    await expect(describeExport(partial)).rejects.toMatchObject({
      where: join(partial, 'model.onnx_data'),
      exitCode: 2,
    });
  });

  it('refuses what is no graph', async () => {
    writeFileSync(join(base, 'model.onnx'), 'not a graph');
    await expect(describeExport(base)).rejects.toMatchObject({ kind: 'input', where: join(base, 'model.onnx') });
    rmSync(join(base, 'model.onnx'));
    await expect(describeExport(base)).rejects.toThrow('The folder holds no single ONNX graph.');
  });
});
