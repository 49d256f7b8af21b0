import { isDeepStrictEqual } from 'node:util';
import type { Manifest, SourceFile } from '../../export/folder/manifest.ts';

/** Whether two exports were made from the same checkpoint, before any LoRA. */
export function sameCheckpoint(a: Manifest, b: Manifest): boolean {
  return isDeepStrictEqual(weightHashes(a.source.checkpoint.files), weightHashes(b.source.checkpoint.files));
}

/** Whether two exports hold the same weights but for rounding: the same checkpoint, with the same LoRA or none. */
export function sameWeights(a: Manifest, b: Manifest): boolean {
  const loras = [a, b].map(({ source: { adapter } }) => adapter && loraOf(adapter));
  return sameCheckpoint(a, b) && isDeepStrictEqual(loras[0], loras[1]);
}

/** Its rank and scale change what is merged as much as its tensors do. */
function loraOf({ files, settings }: NonNullable<Manifest['source']['adapter']>): unknown {
  return { hashes: weightHashes(files), settings };
}

/** The weights, whatever their files are called. */
function weightHashes(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ name }) => name.endsWith('.safetensors'))
    .map(({ sha256 }) => sha256)
    .sort();
}
