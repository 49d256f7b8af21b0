import { describe, expect, it } from 'vitest';
import { sameCheckpoint, sameWeights } from '../../../src/analysis/parts/same-source.ts';
import type { Manifest } from '../../../src/export/folder/manifest.ts';
import { tinyManifest } from '../../export/folder/tiny-manifest.ts';

type Source = Manifest['source'];
const { checkpoint } = tinyManifest.source;
const adapter = tinyManifest.source.adapter!;
const of = (source: Source): Manifest => ({ ...tinyManifest, source });
const file = (name: string, letter: string) => ({ name, bytes: 8, sha256: letter.repeat(64) });
const shards = (...files: readonly ReturnType<typeof file>[]): Source['checkpoint'] => ({
  ...checkpoint,
  files: [...files],
});

describe('the same checkpoint', () => {
  it('has the same weights, whatever folder and files are called and configured', () => {
    const a = of({
      checkpoint: shards(file('a.safetensors', '1'), file('b.safetensors', '2'), file('config.json', '3')),
    });
    const b = of({
      checkpoint: { ...shards(file('y.safetensors', '2'), file('x.safetensors', '1')), name: 'renamed' },
    });
    const c = of({ checkpoint: shards(file('a.safetensors', '1'), file('b.safetensors', '9')) });
    expect([sameCheckpoint(a, b), sameCheckpoint(a, c)]).toEqual([true, false]);
  });
});

describe('the same weights', () => {
  const plain = of({ checkpoint });
  const tuned = of({ checkpoint, adapter });

  it('are the same checkpoint with the same LoRA or none', () => {
    expect(sameWeights(plain, plain)).toBe(true);
    expect(sameWeights(tuned, of({ checkpoint, adapter: { ...adapter, name: 'renamed' } }))).toBe(true);
    expect(sameWeights(plain, tuned)).toBe(false);
  });

  it('are not when the LoRA has another scale or other tensors', () => {
    const settings = { ...adapter.settings, alpha: adapter.settings.alpha * 2 };
    expect(sameWeights(tuned, of({ checkpoint, adapter: { ...adapter, settings } }))).toBe(false);
    const files = [file('adapter_model.safetensors', '7')];
    expect(sameWeights(tuned, of({ checkpoint, adapter: { ...adapter, files } }))).toBe(false);
  });
});
