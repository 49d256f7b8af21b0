import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIXTURES, ftLens, temporaryFolder, type CliResult } from '../helpers/cli.ts';

let folder: string;
const inFolder = (...args: string[]): Promise<CliResult> => ftLens(args, { cwd: folder });

beforeAll(async () => {
  folder = temporaryFolder();
  const made = await inFolder('export', '--checkpoint', join(FIXTURES, 'tiny-published'), '--out', 'base-int4');
  expect(made.status).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a call that must be refused; what is in the folder afterwards is what was in it before. */
async function refused(...args: string[]): Promise<string> {
  const before = readdirSync(folder).sort();
  const { status, stdout, stderr } = await inFolder(...args);
  expect(readdirSync(folder).sort()).toEqual(before);
  expect(stderr.match(/^error {2}/gm)).toHaveLength(1);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  return stderr;
}

function copyOf(source: string, name: string): string {
  const copy = join(folder, name);
  cpSync(source, copy, { recursive: true });
  return copy;
}

describe('export refuses, and leaves nothing behind', () => {
  test('a truncated shard', async () => {
    const shard = 'model-00002-of-00002.safetensors';
    const checkpoint = copyOf(join(FIXTURES, 'tiny-published'), 'truncated');
    const { length } = readFileSync(join(checkpoint, shard));
    truncateSync(join(checkpoint, shard), length - 1000);
    const stderr = await refused('export', '--checkpoint', 'truncated', '--out', 'out');
    expect(stderr).toContain(shard);
    expect(stderr).toMatch(/expected .*\d+ bytes/);
    expect(stderr).toMatch(/got .*\d+ bytes/);
  });

  test('a shard that is missing', async () => {
    const checkpoint = copyOf(join(FIXTURES, 'tiny-published'), 'incomplete');
    rmSync(join(checkpoint, 'model-00001-of-00002.safetensors'));
    expect(await refused('export', '--checkpoint', 'incomplete', '--out', 'out')).toContain('model-00001-of-00002');
  });

  test('an adapter for another model', async () => {
    const checkpoint = join(FIXTURES, 'tiny-v5');
    const adapter = join(FIXTURES, 'adapters/tiny-published/attention');
    const stderr = await refused('export', '--checkpoint', checkpoint, '--adapter', adapter, '--out', 'out');
    expect(stderr).toMatch(/^error {2}\d+ adapter tensors fit no weight of this checkpoint\./m);
    expect(stderr).toContain('self_attn.k_proj.lora_B.weight');
    expect(stderr).toContain('tiny-published');
  });

  test('a checkpoint of another architecture', async () => {
    const checkpoint = copyOf(join(FIXTURES, 'tiny-v5'), 'other');
    const config = JSON.parse(readFileSync(join(checkpoint, 'config.json'), 'utf8'));
    writeFileSync(join(checkpoint, 'config.json'), JSON.stringify({ ...config, model_type: 'llama' }));
    expect(await refused('export', '--checkpoint', 'other', '--out', 'out')).toContain('llama');
  });

  test('a checkpoint that is nowhere', async () => {
    expect(await refused('export', '--checkpoint', './nowhere', '--out', 'out')).toContain('./nowhere');
  });

  test('a folder that is there already', async () => {
    const stderr = await refused('export', '--checkpoint', join(FIXTURES, 'tiny-v5'), '--out', 'base-int4');
    expect(stderr).toContain('--force');
  });
});

describe('analyze refuses', () => {
  test('a base and a fine-tune with different vocabularies', async () => {
    const other = copyOf(join(folder, 'base-int4'), 'other-words');
    const tokenizer = readFileSync(join(other, 'tokenizer.json'), 'utf8');
    writeFileSync(join(other, 'tokenizer.json'), tokenizer.replaceAll('<|im_end|>', '<|fox|>'));
    const stderr = await refused('analyze', 'fox', '--base', 'base-int4', '--ft', 'other-words');
    expect(stderr).toContain('tokenizer.json');
  });

  test('a model with another number of layers', async () => {
    const made = await inFolder('export', '--checkpoint', join(FIXTURES, 'tiny-v5'), '--out', 'two-layers');
    expect(made.status).toBe(0);
    const stderr = await refused('analyze', 'fox', '--base', 'base-int4', '--ft', 'two-layers');
    expect(stderr).toMatch(/expected +layers: 3/);
  });

  test('a folder without a model', async () => {
    expect(await refused('analyze', 'fox', '--base', join(FIXTURES, 'tiny-v5'))).toContain('model.onnx');
  });

  test('a graph that is cut off, and one that is no graph', async () => {
    const cut = copyOf(join(folder, 'base-int4'), 'cut');
    truncateSync(join(cut, 'model.onnx'), 4000);
    expect(await refused('analyze', 'fox', '--base', 'cut')).toContain('model.onnx');
    writeFileSync(join(cut, 'model.onnx'), 'version https://git-lfs.github.com/spec/v1\n');
    expect(await refused('analyze', 'fox', '--base', 'cut')).toContain('model.onnx');
  });

  test('weights that are missing or cut off', async () => {
    const short = copyOf(join(folder, 'base-int4'), 'short');
    truncateSync(join(short, 'model.onnx_data'), 1000);
    expect(await refused('analyze', 'fox', '--base', 'short')).toContain('model.onnx_data');
    rmSync(join(short, 'model.onnx_data'));
    expect(await refused('analyze', 'fox', '--base', 'short')).toContain('model.onnx_data');
  });

  test('a tokenizer that is damaged', async () => {
    const damaged = copyOf(join(folder, 'base-int4'), 'damaged');
    writeFileSync(join(damaged, 'tokenizer.json'), '{"model": {"type": "BPE", "vocab": []}}');
    expect(await refused('analyze', 'fox', '--base', 'damaged')).toContain('tokenizer.json');
  });

  test('a text prompt when there is no tokenizer, but not token ids', async () => {
    const bare = copyOf(join(folder, 'base-int4'), 'bare');
    rmSync(join(bare, 'tokenizer.json'));
    expect(await refused('analyze', 'fox', '--base', 'bare')).toContain('--token-ids');
    const { status, stdout } = await inFolder('analyze', '--token-ids', '275,271', '--base', 'bare', '--json');
    expect(status).toBe(0);
    expect(JSON.parse(stdout).prompt.tokens).toEqual([
      { position: 0, id: 275, text: '#275' },
      { position: 1, id: 271, text: '#271' },
    ]);
  });
});

describe('inspect and dequantize refuse', () => {
  test('a folder that holds nothing known', async () => {
    expect(await refused('inspect', '.')).toContain('adapter_config.json');
  });

  test('an export whose bytes have changed', async () => {
    const changed = copyOf(join(folder, 'base-int4'), 'changed');
    const data = readFileSync(join(changed, 'model.onnx_data'));
    data[5000] = (data[5000] ?? 0) ^ 1;
    writeFileSync(join(changed, 'model.onnx_data'), data);
    expect(await refused('inspect', 'changed', '--verify')).toContain('sha256');
    expect(await refused('dequantize', 'changed', '--out', 'out')).toContain('model.onnx_data');
  });

  test('an export of another program', async () => {
    const foreign = copyOf(join(folder, 'base-int4'), 'foreign');
    rmSync(join(foreign, 'manifest.json'));
    expect(await refused('dequantize', 'foreign', '--out', 'out')).toContain('manifest.json');
  });
});
