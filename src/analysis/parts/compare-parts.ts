import { isDeepStrictEqual } from 'node:util';
import type { AdapterSurvival, Manifest } from '../../export/folder/manifest.ts';
import { survivalOf } from '../../export/folder/survival.ts';
import type { PartKind, PartReport, Parts } from '../../report/schema.ts';
import { roundingOf } from './rounding.ts';
import { sameCheckpoint, sameWeights } from './same-source.ts';

/** In the order of computation. */
const KINDS: readonly PartKind[] = ['embedding', 'attention', 'router', 'experts', 'norm', 'final-norm', 'head'];

interface PartTensor {
  readonly sha256: string;
  /** 0 for the embedding; undefined after the layers */
  readonly layer: number | undefined;
}

/** The tensors of one kind, by a name that is the same in both exports. */
type PartTensors = ReadonlyMap<string, PartTensor>;

/**
 * Which tensors of two exports differ, by kind, as their manifests say: no weight is read.
 * @param sameGraph whether both graphs compute the same with their tensors
 */
export function compareParts(base: Manifest | undefined, ft: Manifest | undefined, sameGraph: boolean): Parts {
  if (base === undefined || ft === undefined) return { known: false, reason: withoutManifest(base, ft) };
  if (!isDeepStrictEqual(base.quantization, ft.quantization))
    return {
      known: false,
      reason: 'the two exports round their weights in different ways',
      sameWeights: sameWeights(base, ft),
    };
  const [inBase, inFt] = [tensorsByKind(base), tensorsByKind(ft)];
  // Where the base has a LoRA too, what the fine-tune's changed is not the difference between the two.
  const survivals = base.source.adapter === undefined ? (ft.adapterSurvival ?? []) : [];
  return {
    known: true,
    sameGraph,
    sameCheckpoint: sameCheckpoint(base, ft),
    baseLora: base.source.adapter?.name ?? null,
    ftLora: ft.source.adapter?.name ?? null,
    kinds: KINDS.map((kind) => ({
      ...comparePart(kind, inBase.get(kind)!, inFt.get(kind)!, survivals),
      ...roundingOf(kind, base, ft),
    })).filter(({ tensors }) => tensors > 0),
  };
}

function withoutManifest(base: Manifest | undefined, ft: Manifest | undefined): string {
  if (base === undefined && ft === undefined) return 'neither folder has a manifest';
  return `the folder of the ${base === undefined ? 'base' : 'fine-tune'} has no manifest`;
}

function tensorsByKind({ tensors }: Manifest): Map<PartKind, PartTensors> {
  const kinds = new Map(KINDS.map((kind) => [kind, new Map<string, PartTensor>()]));
  for (const { name, kind, layer, sha256 } of tensors) {
    if (kind === 'norm' && layer === undefined) kinds.get('final-norm')!.set(name, { sha256, layer });
    else if (kind === 'embedding') kinds.get(kind)!.set('values', { sha256, layer: 0 });
    else kinds.get(kind)!.set(kind === 'head' ? headTensor(name) : name, { sha256, layer });
  }
  // A tied head has no tensor of its own: it is the embedding.
  const embedding = kinds.get('embedding')!.get('values');
  const head = kinds.get('head')!;
  if (head.size === 0 && embedding !== undefined) head.set('values', { ...embedding, layer: undefined });
  return kinds;
}

/** The head's values and their scales, under the same names whether the head is tied or not. */
function headTensor(name: string): string {
  return name.endsWith('.scales') ? 'scales' : 'values';
}

function comparePart(
  kind: PartKind,
  base: PartTensors,
  ft: PartTensors,
  survivals: readonly AdapterSurvival[],
): PartReport {
  const names = new Set([...base.keys(), ...ft.keys()]);
  const differing = [...names].filter((name) => base.get(name)?.sha256 !== ft.get(name)?.sha256);
  const layers = differing.map((name) => (ft.get(name) ?? base.get(name))!.layer);
  return {
    kind,
    tensors: names.size,
    differing: differing.length,
    layers: [...new Set(layers.filter((layer) => layer !== undefined))].sort((a, b) => a - b),
    lora: loraOf(survivals.find((survival) => survival.kind === (kind === 'final-norm' ? 'norm' : kind))),
  };
}

function loraOf(survival: AdapterSurvival | undefined): PartReport['lora'] {
  if (survival === undefined) return null;
  const { weights, cosine, normRatio } = survival;
  const { kept, noise } = survivalOf(survival) ?? { kept: null, noise: null };
  return { weights, cosine, normRatio, kept, noise };
}
