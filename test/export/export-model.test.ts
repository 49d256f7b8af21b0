import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/export/checkpoint/open-checkpoint.ts';
import type { WeightSource } from '../../src/export/checkpoint/weight-source.ts';
import { openExportWeights } from '../../src/export/dequantize/export-weights.ts';
import { type ExportRequest, exportModel } from '../../src/export/export-model.ts';
import type { Manifest } from '../../src/export/folder/manifest.ts';
import { readManifest } from '../../src/export/folder/read-manifest.ts';
import { verifyExport } from '../../src/export/folder/verify-export.ts';
import { mergeAdapter } from '../../src/export/lora/merge-adapter.ts';
import { openAdapter } from '../../src/export/lora/open-adapter.ts';
import type { ExportProgress } from '../../src/export/progress.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const checkpoint = join(fixtures, 'tiny-published');
const adapterFolder = (name: string): string => join(fixtures, 'adapters/tiny-published', name);
const root = temporaryFolder();
const base = join(root, 'base');

const exported = async (name: string, request: Partial<ExportRequest> = {}): Promise<Manifest> =>
  (await exportModel({ checkpoint, out: join(root, name), ...request })).manifest;

const allRows = (weights: WeightSource, name: string): Promise<Float32Array> =>
  weights.rows(name, 0, weights.shape(name)[0]!);

beforeAll(() => exported('base'));

describe('an export', () => {
  it('is whole, and says so in its manifest', async () => {
    const manifest = await readManifest(base);
    expect(await verifyExport(base, manifest)).toEqual([]);
    expect(readdirSync(base).sort()).toEqual(['manifest.json', ...manifest.files.map(({ name }) => name)].sort());
    expect(manifest.source.checkpoint.files.map(({ name }) => name)).toEqual([
      'config.json',
      'model.safetensors.index.json',
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
    expect(readFileSync(join(base, 'tokenizer.json'))).toEqual(readFileSync(join(checkpoint, 'tokenizer.json')));
  });

  it('has the same bytes every time', async () => {
    await exported('again');
    for (const name of readdirSync(base)) {
      expect(readFileSync(join(root, 'again', name)).equals(readFileSync(join(base, name))), name).toBe(true);
    }
  });

  it('reports the error of every kind of weight as it is', async () => {
    const manifest = await readManifest(base);
    const stored = await openExportWeights(base, manifest);
    const original = await openCheckpoint(checkpoint);
    const { mean, worst, weights } = manifest.quantizationError.find(({ kind }) => kind === 'experts')!;
    const names = [...original.weights.names].filter((name) => name.includes('.experts.'));
    const errors = await Promise.all(
      names.map(async (name) => {
        const [a, b] = [await allRows(original.weights, name), await allRows(stored, name)];
        return Math.hypot(...a.map((value, i) => b[i]! - value)) / Math.hypot(...a);
      }),
    );
    expect(weights).toBe(names.length);
    // f32 differences here, f64 sums there
    expect(mean).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 6);
    expect(worst.error).toBeCloseTo(Math.max(...errors), 6);
    expect(worst.weight).toBe(names[errors.indexOf(Math.max(...errors))]);
    await Promise.all([stored.close(), original.close()]);
  });

  it('tells how far it is', async () => {
    const events: ExportProgress[] = [];
    await exportModel({ checkpoint, out: join(root, 'progress') }, { onProgress: (event) => events.push(event) });
    for (const phase of ['weights', 'check']) {
      const bytes = events.filter((event) => event.phase === phase).map((event) => event.bytes);
      expect(bytes).toEqual([...bytes].sort((a, b) => a - b));
      expect(bytes.at(-1)).toBe(events.find((event) => event.phase === phase)?.totalBytes);
    }
    expect(new Set(events.map(({ layer }) => layer))).toEqual(new Set([undefined, 1, 2, 3]));
  });

  it.each([
    ['tiny-v5', { bits: 8, blockSize: 32, headBits: 4 }],
    ['tiny-tied', { headBits: 8 }],
  ] as const)('of %s can have the recipe %j', async (name, recipe) => {
    const manifest = await exported(`${name}-recipe`, { checkpoint: join(fixtures, name), ...recipe });
    expect(manifest.quantization).toMatchObject(recipe);
    const head = manifest.quantizationError.find(({ kind }) => kind === 'head')!;
    // Gaussian weights: 8 bits cost 0.5 to 0.7 %, 4 bits 8 to 10 %
    expect(head.mean).toBeLessThan(recipe.headBits === 8 ? 0.008 : 0.11);
    expect(head.mean).toBeGreaterThan(recipe.headBits === 8 ? 0.003 : 0.05);
  });
});

describe('an export with an adapter', () => {
  it('stores only what the adapter changes when it shares', async () => {
    const manifest = await exported('shared', { adapter: adapterFolder('attention'), shareWith: base });
    const folder = join(root, 'shared');
    expect(await verifyExport(folder, manifest)).toEqual([]);
    expect(statSync(join(folder, 'model.onnx_data')).ino).toBe(statSync(join(base, 'model.onnx_data')).ino);
    const shared = new Set(manifest.files.flatMap(({ name, sharedWith }) => (sharedWith === undefined ? [] : [name])));
    const own = manifest.tensors.filter(({ file }) => !shared.has(file)).map(({ name }) => name);
    expect(own.length).toBeGreaterThan(0);
    expect(own.filter((name) => !name.includes('.self_attn.'))).toEqual([]);

    const alone = await exported('alone', { adapter: adapterFolder('attention') });
    const hashes = (from: Manifest): string[] => from.tensors.map(({ sha256 }) => sha256);
    expect(hashes(manifest)).toEqual(hashes(alone));
  });

  it('says how much of the change is left', async () => {
    const manifest = await exported('attention', { adapter: adapterFolder('attention') });
    const original = await openCheckpoint(checkpoint);
    const adapter = await openAdapter(adapterFolder('attention'), original);
    const merged = mergeAdapter(original.weights, adapter);
    const before = await openExportWeights(base, await readManifest(base));
    const after = await openExportWeights(join(root, 'attention'), manifest);
    let [product, made, stored] = [0, 0, 0];
    for (const name of original.weights.names) {
      if (merged.changes(name) === undefined) continue;
      const sources = [original.weights, merged, before, after];
      const [w, wDelta, q, qDelta] = (await Promise.all(sources.map((source) => allRows(source, name)))) as [
        Float32Array,
        Float32Array,
        Float32Array,
        Float32Array,
      ];
      w.forEach((_, i) => {
        const [delta, change] = [wDelta[i]! - w[i]!, qDelta[i]! - q[i]!];
        product += delta * change;
        made += delta ** 2;
        stored += change ** 2;
      });
    }
    const [attention] = manifest.adapterSurvival!;
    expect(manifest.adapterSurvival).toHaveLength(1);
    expect(attention).toMatchObject({ kind: 'attention', bits: 4, weights: adapter.changes.size });
    expect(attention!.cosine).toBeCloseTo(product / Math.sqrt(made * stored), 10);
    expect(attention!.normRatio).toBeCloseTo(Math.sqrt(stored / made), 10);
    await Promise.all([original, adapter, before, after].map((open) => open.close()));
  });

  it('notices a change that rounding drowns', async () => {
    const { adapterSurvival } = await exported('drowned', { adapter: adapterFolder('drowned') });
    expect(adapterSurvival![0]!.cosine).toBeLessThan(0.5);
  });

  it('unties a tied head when only one of the two is changed', async () => {
    const request = {
      checkpoint: join(fixtures, 'tiny-tied'),
      adapter: join(fixtures, 'adapters/tiny-tied/embedding'),
    };
    const { dimensions, tensors } = await exported('untied', request);
    expect(dimensions.tiedHead).toBe(false);
    expect(tensors.map(({ name }) => name)).toContain('lm_head.weight');
  });
});

describe('a failed export', () => {
  it('leaves nothing behind when it is stopped', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    let events = 0;
    const onProgress = (): void => {
      if (++events === 20) controller.abort(reason);
    };
    const out = join(root, 'stopped', 'out');
    await expect(exportModel({ checkpoint, out }, { onProgress, signal: controller.signal })).rejects.toBe(reason);
    expect(events).toBe(20);
    expect(existsSync(join(root, 'stopped'))).toBe(false);
  });

  it.each([
    ['not a finite number', 0x7fc0],
    ['too large for its format', 0x7f00],
  ])('names a weight that is %s, and leaves nothing behind', async (fault, bf16) => {
    const name = 'model.layers.0.self_attn.k_proj.weight';
    const broken = join(root, `broken-${bf16}`);
    cpSync(checkpoint, broken, { recursive: true });
    writeElement(join(broken, 'model-00001-of-00002.safetensors'), name, 3 * 64 + 5, bf16);
    await expect(exported('from-broken', { checkpoint: broken })).rejects.toMatchObject({
      message: `A weight is ${fault}.`,
      where: `${name}, row 3, column 5`,
    });
    expect(readdirSync(root).filter((entry) => entry.includes('from-broken'))).toEqual([]);
  });

  /** Puts the bits of a bf16 into a safetensors file. */
  function writeElement(file: string, name: string, element: number, bf16: number): void {
    const bytes = readFileSync(file);
    const headerBytes = Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerBytes)) as Record<string, { data_offsets: number[] }>;
    bytes.writeUInt16LE(bf16, 8 + headerBytes + header[name]!.data_offsets[0]! + 2 * element);
    writeFileSync(file, bytes);
  }

  it.each([
    ['inside the checkpoint', { out: join(checkpoint, 'out') }, /overlaps an input/],
    ['over the export to share with', { out: base, shareWith: base, force: true }, /overlaps an input/],
    ['over another export without force', { out: base }, /exists already/],
    ['with rows that are no whole blocks', { blockSize: 128 }, /cannot be cut into whole blocks/],
    ['shared with what is no export', { shareWith: checkpoint }, /no export of ft-lens/],
  ] as const)('is refused %s', async (_, request, message) => {
    await expect(exported('refused', request)).rejects.toThrow(message);
    expect(existsSync(join(root, 'refused'))).toBe(false);
  });
});
