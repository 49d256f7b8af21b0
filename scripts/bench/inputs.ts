import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { elementCount } from '../../src/export/checkpoint/shape.ts';
import { exportFrom } from '../../src/export/export-model.ts';
import type { SyntheticAdapter } from '../synthetic/adapter-tensors.ts';
import { modelWeights } from '../synthetic/model-weights.ts';
import type { SyntheticShape } from '../synthetic/shapes.ts';
import { syntheticSource } from '../synthetic/source.ts';
import { writeAdapter, writeCheckpoint } from '../synthetic/write-checkpoint.ts';

/** A base and its fine-tune, in the forms that the programs read. */
export interface ModelPair {
  readonly shape: SyntheticShape;
  /** Size of the checkpoint's weights in bf16. */
  readonly weightBytes: number;
  readonly checkpoint: string;
  /** The fine-tune's adapter, of the attention. */
  readonly adapter: string;
  /** One that changes every expert, which is the most work to merge. */
  readonly expertsAdapter: string;
  readonly base: string;
  readonly ft: string;
}

const ADAPTER: SyntheticAdapter = { targets: ['attention'], rank: 16, alpha: 32, dora: false };
const EXPERTS_ADAPTER: SyntheticAdapter = { ...ADAPTER, targets: ['experts'] };

const SEED = 0;

/** Where the parts of a pair stand, whether they exist or not. */
export function modelPair(folder: string, shape: SyntheticShape): ModelPair {
  const place = (part: string): string => join(folder, shape.name, part);
  const elements = [...modelWeights(shape, SEED).all.values()].reduce(
    (sum, tensor) => sum + elementCount(tensor.shape),
    0,
  );
  return {
    shape,
    weightBytes: 2 * elements,
    checkpoint: place('checkpoint'),
    adapter: place('adapter'),
    expertsAdapter: place('experts-adapter'),
    base: place('base'),
    ft: place('ft'),
  };
}

/** Makes both exports from generated weights, unless they are there. */
export async function makeExports({ shape, base, ft }: ModelPair): Promise<void> {
  if (!existsSync(base)) await exportSynthetic(shape, base);
  if (!existsSync(ft)) await exportSynthetic(shape, ft, ADAPTER, base);
}

/** Writes checkpoint and adapters, for programs that read only these, unless they are there. */
export async function makeCheckpoint({ shape, checkpoint, adapter, expertsAdapter }: ModelPair): Promise<void> {
  if (existsSync(expertsAdapter)) return;
  await writeCheckpoint(checkpoint, shape, SEED);
  await writeAdapter(adapter, shape, ADAPTER, SEED);
  // The last of them gets its name when it is whole: an interrupted run is then made up for.
  const unfinished = `${expertsAdapter}.partial`;
  await writeAdapter(unfinished, shape, EXPERTS_ADAPTER, SEED);
  await rename(unfinished, expertsAdapter);
}

/** Removes an export, and what an interrupted run has left of it: a measured one must begin at the beginning. */
export async function removeExport(out: string): Promise<void> {
  for (const folder of [out, `${out}.partial`]) await rm(folder, { recursive: true, force: true });
}

async function exportSynthetic(
  shape: SyntheticShape,
  out: string,
  adapter?: SyntheticAdapter,
  shareWith?: string,
): Promise<void> {
  const source = await syntheticSource(shape, SEED, adapter);
  try {
    await exportFrom(source, { out, shareWith });
  } finally {
    await source.close();
  }
}
