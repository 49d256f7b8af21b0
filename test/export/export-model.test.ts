import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inputError } from '../../src/errors.ts';
import { openCheckpoint } from '../../src/export/checkpoint/open-checkpoint.ts';
import type { WeightSource } from '../../src/export/checkpoint/weight-source.ts';
import { planWeights } from '../../src/export/decoder/plan.ts';
import { openExportWeights } from '../../src/export/dequantize/export-weights.ts';
import { type ExportRequest, exportModel } from '../../src/export/export-model.ts';
import type { Manifest } from '../../src/export/folder/manifest.ts';
import { readManifest } from '../../src/export/folder/read-manifest.ts';
import { verifyExport } from '../../src/export/folder/verify-export.ts';
import { mergeAdapter } from '../../src/export/lora/merge-adapter.ts';
import { openAdapter } from '../../src/export/lora/open-adapter.ts';
import type { ExportNotice, ExportProgress } from '../../src/export/progress.ts';
import { encodeRows } from '../../src/export/quantize/encode-rows.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const checkpoint = join(fixtures, 'tiny-published');
const adapterFolder = (name: string): string => join(fixtures, 'adapters/tiny-published', name);
const root = temporaryFolder();
const base = join(root, 'base');

const exported = async (name: string, request: Partial<ExportRequest> = {}): Promise<Manifest> =>
  (await exportModel({ checkpoint, out: join(root, name), ...request })).manifest;

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const allRows = (weights: WeightSource, name: string): Promise<Float32Array> =>
  weights.rows(name, 0, weights.shape(name)[0]!);

beforeAll(() => exported('base'));

describe('an export', () => {
  it('has the small files as they were when it began', async () => {
    const changing = join(root, 'changing');
    cpSync(checkpoint, changing, { recursive: true });
    const before = readFileSync(join(changing, 'tokenizer.json'));
    const out = join(root, 'unchanged');
    await exportModel(
      { checkpoint: changing, out },
      {
        onProgress() {
          for (const name of ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json']) {
            writeFileSync(join(changing, 'new'), '{"model_type": "another"}');
            renameSync(join(changing, 'new'), join(changing, name));
          }
        },
      },
    );
    expect(readFileSync(join(out, 'tokenizer.json'))).toEqual(before);
    for (const name of ['config.json', 'generation_config.json', 'tokenizer_config.json'])
      expect(readFileSync(join(out, name), 'utf8')).toBe(readFileSync(join(base, name), 'utf8'));
  });

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

  it.each([1, 3])('has the same bytes every time, with %i threads too', async (threads) => {
    await exported(`again-${threads}`, { threads });
    for (const name of readdirSync(base)) {
      expect(readFileSync(join(root, `again-${threads}`, name)).equals(readFileSync(join(base, name))), name).toBe(
        true,
      );
    }
  });

  it('is what plain TypeScript makes of the checkpoint, bit for bit', async () => {
    const manifest = await readManifest(base);
    const original = await openCheckpoint(checkpoint);
    const stored = await openExportWeights(base, manifest);
    const plan = planWeights(manifest.dimensions, manifest.quantization, manifest.dimensions.tiedHead);
    for (const { encoding, sources, sourceShape } of plan) {
      const [, columns = 1] = sourceShape;
      for (const name of sources.flat()) {
        const expected = encodeRows(await allRows(original.weights, name), columns, encoding).stored;
        expect(Buffer.compare(bytesOf(await allRows(stored, name)), bytesOf(expected)), name).toBe(0);
      }
    }
    await Promise.all([stored.close(), original.close()]);
  });

  it('can have searched scales: less error, and the manifest says so', async () => {
    const searched = await exported('searched', { rule: 'searched-scale' });
    expect(searched.quantization.rule).toBe('searched-scale');
    const plain = await readManifest(base);
    for (const { kind, bits, mean } of searched.quantizationError) {
      const without = plain.quantizationError.find((error) => error.kind === kind)!.mean;
      // Of normal weights in blocks of 64: 9.47 % and 8.98 %
      if (bits === 4) expect(mean / without).toBeLessThan(0.97);
      else expect(mean).toBe(without);
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

describe('an export that was stopped', () => {
  const reason = new Error('stop');
  const notices: string[] = [];
  const onNotice = ({ text }: ExportNotice): number => notices.push(text);
  beforeEach(() => {
    notices.length = 0;
  });

  /** Stops at the given event of its progress, or before the first. */
  async function stopped(request: ExportRequest, atEvent: number): Promise<void> {
    const controller = new AbortController();
    let events = 0;
    const onProgress = (): void => {
      if (++events === atEvent) controller.abort(reason);
    };
    if (atEvent === 0) controller.abort(reason);
    const hooks = { onProgress, onNotice, signal: controller.signal };
    await expect(exportModel(request, hooks)).rejects.toBe(reason);
    expect(existsSync(request.out)).toBe(false);
  }

  const sameBytes = (one: string, other: string): void => {
    expect(readdirSync(one)).toEqual(readdirSync(other));
    for (const name of readdirSync(one)) {
      expect(readFileSync(join(one, name)).equals(readFileSync(join(other, name))), name).toBe(true);
    }
  };

  it('leaves nothing behind when it had hardly begun', async () => {
    await stopped({ checkpoint, out: join(root, 'early', 'out') }, 0);
    expect(existsSync(join(root, 'early'))).toBe(false);
  });

  it('goes on where it ended, as often as it takes, and ends with the same bytes', async () => {
    const request = { checkpoint, out: join(root, 'stopped') };
    for (const atEvent of [20, 25, 30]) {
      await stopped(request, atEvent);
      expect(notices.at(-1)).toMatch(/stopped\.partial holds \d+ of 36 weights: the same command goes on from there/);
    }
    notices.length = 0;
    const { manifest } = await exportModel(request, { onNotice });
    expect(notices).toEqual([
      expect.stringMatching(/^Going on where an earlier run ended: \d+ of 36 weights are there\.$/),
    ]);
    expect(existsSync(`${request.out}.partial`)).toBe(false);
    sameBytes(request.out, base);
    expect(manifest).toEqual(await readManifest(base));
  });

  it.each([
    ['stays when the file system refuses more', Object.assign(new Error('EFBIG'), { code: 'EFBIG', errno: -27 }), true],
    ['goes when the input is wrong', new Error('the cause'), false],
  ])('%s', async (_, cause, stays) => {
    const request = { checkpoint, out: join(root, `refused-${stays}`) };
    let events = 0;
    const onProgress = (): void => {
      if (++events === 20) throw inputError('No further.', { cause });
    };
    await expect(exportModel(request, { onProgress, onNotice })).rejects.toThrow('No further.');
    expect(existsSync(`${request.out}.partial`)).toBe(stays);
    expect(notices).toHaveLength(stays ? 1 : 0);
  });

  it('sums up the same with an adapter and a base to share with', async () => {
    const request = { checkpoint, adapter: adapterFolder('attention'), shareWith: base, out: join(root, 'stopped-ft') };
    await stopped(request, 25);
    const { manifest } = await exportModel(request, { onNotice });
    expect(notices.at(-1)).toMatch(/^Going on/);
    expect(manifest).toEqual(await exported('not-stopped', { ...request, out: join(root, 'not-stopped') }));
    expect(statSync(join(request.out, 'model.onnx_data')).ino).toBe(statSync(join(base, 'model.onnx_data')).ino);
  });

  it.each([
    ['adapter', { adapter: adapterFolder('attention') }],
    ['quantisation', { headBits: 8 }],
    ['export to share with', { shareWith: base }],
  ] as const)('begins again with another %s, and says so', async (what, change) => {
    const request = { checkpoint, out: join(root, `another-${what}`) };
    await stopped(request, 20);
    const { manifest } = await exportModel({ ...request, ...change }, { onNotice });
    expect(notices.at(-1)).toMatch(new RegExp(`is not used: it was made with another ${what}\\. Starting again\\.$`));
    expect(manifest.tensors).toEqual((await exported(`plain-${what}`, change)).tensors);
  });

  it('begins again when a file of the checkpoint was written anew, even with the same size and time', async () => {
    const copy = join(root, 'copy');
    cpSync(checkpoint, copy, { recursive: true });
    const request = { checkpoint: copy, out: join(root, 'anew') };
    // A whole number of seconds, which is set again without rounding.
    utimesSync(join(copy, 'config.json'), 1e9, 1e9);
    await stopped(request, 20);
    const config = join(copy, 'config.json');
    const { atime, mtime } = statSync(config);
    writeFileSync(config, readFileSync(config));
    utimesSync(config, atime, mtime);
    await exportModel(request, { onNotice });
    expect(notices.at(-1)).toContain('it was made with another checkpoint');
  });

  it('begins again when what is left is damaged, or is no journal', async () => {
    const request = { checkpoint, out: join(root, 'damaged') };
    await stopped(request, 30);
    const data = join(`${request.out}.partial`, 'unfinished', 'rest.unfinished');
    writeFileSync(data, readFileSync(data).fill(0, 0, 1));
    await stopped(request, 31);
    expect(notices).toContainEqual(expect.stringContaining('its bytes are not those that were written'));
    writeFileSync(join(`${request.out}.partial`, 'journal.jsonl'), 'nothing');
    await exportModel(request, { onNotice });
    expect(notices.at(-1)).toContain('its journal cannot be read');
    sameBytes(request.out, base);
  });

  it('keeps what it has when another folder has come to stand in its place', async () => {
    const request = { checkpoint, out: join(root, 'taken') };
    const onProgress = ({ phase }: ExportProgress): void => {
      if (phase === 'check') mkdirSync(join(request.out, 'theirs'), { recursive: true });
    };
    await expect(exportModel(request, { onProgress, onNotice })).rejects.toThrow('The output folder exists already.');
    expect(notices.at(-1)).toContain('holds 36 of 36 weights');
    rmSync(request.out, { recursive: true });
    await exportModel(request, { onNotice });
    sameBytes(request.out, base);
  });
});

describe('a source file', () => {
  it('that is written to meanwhile is noticed', async () => {
    const copy = join(root, 'moving');
    cpSync(checkpoint, copy, { recursive: true });
    const touch = ({ phase }: ExportProgress): void => {
      if (phase === 'weights') utimesSync(join(copy, 'config.json'), 1, 1);
    };
    const request = { checkpoint: copy, out: join(root, 'from-moving') };
    await expect(exportModel(request, { onProgress: touch })).rejects.toMatchObject({
      message: 'A file changed while it was exported.',
      where: join(copy, 'config.json'),
    });
  });

  it('that another one takes the name of is still the one that is hashed', async () => {
    const copy = join(root, 'renamed');
    cpSync(checkpoint, copy, { recursive: true });
    const replace = ({ phase }: ExportProgress): void => {
      if (phase !== 'weights') return;
      writeFileSync(join(copy, 'new'), '{}');
      renameSync(join(copy, 'new'), join(copy, 'model.safetensors.index.json'));
    };
    const { manifest } = await exportModel(
      { checkpoint: copy, out: join(root, 'of-renamed') },
      { onProgress: replace },
    );
    const plain = await readManifest(base);
    expect(manifest.source.checkpoint.files).toEqual(plain.source.checkpoint.files);
  });
});
