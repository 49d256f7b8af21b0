import { describe, expect, it } from 'vitest';
import { compareParts } from '../../../src/analysis/parts/compare-parts.ts';
import type { Manifest, ManifestTensor } from '../../../src/export/folder/manifest.ts';
import type { KnownParts, PartKind } from '../../../src/report/schema.ts';
import { tinyManifest } from '../../export/folder/tiny-manifest.ts';

const { adapter, ...plainSource } = tinyManifest.source;

type Tensor = Pick<ManifestTensor, 'name' | 'kind'> & { layer?: number };

/** Two layers with a tensor or two of each kind. */
const TENSORS: readonly Tensor[] = [
  { name: 'model.embed_tokens.weight', kind: 'embedding' },
  ...[1, 2].flatMap((layer): Tensor[] => [
    { name: `${layer}.norm`, kind: 'norm', layer },
    { name: `${layer}.q.q4`, kind: 'attention', layer },
    { name: `${layer}.q.scales`, kind: 'attention', layer },
    { name: `${layer}.gate`, kind: 'router', layer },
    { name: `${layer}.experts.q4`, kind: 'experts', layer },
  ]),
  { name: 'model.norm.weight', kind: 'norm' },
];
const HEAD: Tensor = { name: 'lm_head.weight', kind: 'head' };

/** A manifest in which the tensors named in `changed` have other bytes. */
function manifest(
  changed: readonly string[] = [],
  tensors = [...TENSORS, HEAD],
  rest: Partial<Manifest> = {},
): Manifest {
  const [template] = tinyManifest.tensors as [ManifestTensor];
  const { layer: _, ...common } = template;
  const { adapterSurvival: __, ...plain } = tinyManifest;
  return {
    ...plain,
    source: plainSource,
    tensors: tensors.map((tensor) => ({
      ...common,
      ...tensor,
      sha256: (changed.includes(tensor.name) ? 'cd' : 'ab').repeat(32),
    })),
    ...rest,
  };
}

function known(base: Manifest, ft: Manifest): KnownParts {
  const parts = compareParts(base, ft, true);
  if (!parts.known) throw new Error(parts.reason);
  return parts;
}

const differing = ({ kinds }: KnownParts): [PartKind, number, number[]][] =>
  kinds.filter((part) => part.differing > 0).map((part) => [part.kind, part.differing, part.layers]);

describe('compareParts', () => {
  it('lists every kind in the order of computation, and finds equal exports equal', () => {
    const parts = known(manifest(), manifest());
    expect(parts.kinds.map(({ kind, tensors }) => [kind, tensors])).toEqual([
      ['embedding', 1],
      ['attention', 4],
      ['router', 2],
      ['experts', 2],
      ['norm', 2],
      ['final-norm', 1],
      ['head', 1],
    ]);
    expect(differing(parts)).toEqual([]);
    expect(parts).toMatchObject({ sameCheckpoint: true, baseLora: null, ftLora: null });
  });

  it('counts tensors that differ, and names their layers', () => {
    const ft = manifest([
      '1.q.q4',
      '2.q.q4',
      '2.q.scales',
      '2.experts.q4',
      'model.norm.weight',
      'model.embed_tokens.weight',
    ]);
    expect(differing(known(manifest(), ft))).toEqual([
      ['embedding', 1, [0]],
      ['attention', 3, [1, 2]],
      ['experts', 1, [2]],
      ['final-norm', 1, []],
    ]);
  });

  it('knows that a tied head is the embedding', () => {
    const tied = manifest([], [...TENSORS]);
    expect(differing(known(tied, manifest(['model.embed_tokens.weight'], [...TENSORS])))).toEqual([
      ['embedding', 1, [0]],
      ['head', 1, []],
    ]);
    // Untied, with a head that still is the base's.
    expect(differing(known(tied, manifest(['model.embed_tokens.weight'])))).toEqual([['embedding', 1, [0]]]);
  });

  it('counts a tensor that only one of them has', () => {
    const ft = manifest([], [...TENSORS, HEAD, { name: '2.more', kind: 'router', layer: 2 }]);
    expect(differing(known(manifest(), ft))).toEqual([['router', 1, [2]]]);
  });

  it("says what is left of the fine-tune's LoRA, unless the base has one too", () => {
    const lora: Partial<Manifest> = {
      source: { ...plainSource, adapter: adapter! },
      adapterSurvival: [
        { kind: 'attention', bits: 4, weights: 2, cosine: 0.6, normRatio: 1 },
        { kind: 'experts', bits: 4, weights: 6, cosine: null, normRatio: null },
      ],
    };
    const ft = manifest([], [...TENSORS, HEAD], lora);
    const parts = known(manifest(), ft);
    expect(parts.ftLora).toBe('lora');
    expect(parts.kinds.map(({ kind, lora: left }) => [kind, left])).toEqual([
      ['embedding', null],
      ['attention', { weights: 2, cosine: 0.6, normRatio: 1, kept: 0.6, noise: 0.8 }],
      ['router', null],
      ['experts', { weights: 6, cosine: null, normRatio: null, kept: null, noise: null }],
      ['norm', null],
      ['final-norm', null],
      ['head', null],
    ]);
    expect(known(ft, ft).kinds.every(({ lora: left }) => left === null)).toBe(true);
    expect(known(ft, ft).baseLora).toBe('lora');
  });

  it('compares the checkpoints by the bytes of their weights, not by names or configuration', () => {
    const from = (name: string, sha256: string): Manifest =>
      manifest([], [...TENSORS, HEAD], {
        source: {
          checkpoint: {
            name: 'copy',
            files: [
              { name, bytes: 10, sha256: sha256.repeat(32) },
              { name: 'config.json', bytes: 3, sha256: 'ef'.repeat(32) },
            ],
          },
        },
      });
    expect(known(manifest(), from('weights.safetensors', 'ab')).sameCheckpoint).toBe(true);
    expect(known(manifest(), from('model.safetensors', 'cd')).sameCheckpoint).toBe(false);
  });

  it.each([
    ['neither folder has a manifest', undefined, undefined],
    ['the folder of the base has no manifest', undefined, manifest()],
    ['the folder of the fine-tune has no manifest', manifest(), undefined],
    [
      'the two exports round their weights in different ways',
      manifest(),
      manifest([], [...TENSORS, HEAD], { quantization: { ...tinyManifest.quantization, bits: 8 } }),
    ],
  ])('cannot tell when %s', (reason, base, ft) => {
    expect(compareParts(base, ft, true)).toMatchObject({ known: false, reason });
  });

  it('tells the same weights stored in two ways from other weights', () => {
    const recipe = { quantization: { ...tinyManifest.quantization, bits: 8 as const } };
    const same = compareParts(manifest(), manifest([], [...TENSORS, HEAD], recipe), true);
    expect(same).toMatchObject({ known: false, sameWeights: true });
    const tuned = { ...recipe, source: { ...plainSource, adapter: adapter! } };
    const other = compareParts(manifest(), manifest([], [...TENSORS, HEAD], tuned), true);
    expect(other).toMatchObject({ known: false, sameWeights: false });
    expect(compareParts(undefined, manifest(), true)).not.toHaveProperty('sameWeights');
  });
});
