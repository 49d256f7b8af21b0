import { resolve } from 'node:path';
import { inputError } from '../../errors.ts';
import type { Qwen3MoeConfig } from '../checkpoint/model-config.ts';
import { resolveModelPath } from '../checkpoint/resolve-model-path.ts';
import { describeWeight, EMBEDDING, HEAD, publishedWeights } from '../checkpoint/weight-names.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import { mergeAdapter, type MergedWeights } from '../lora/merge-adapter.ts';
import { openAdapter } from '../lora/open-adapter.ts';
import { ChangeSums } from './change-sums.ts';
import { type CheckedWeight, type MergeCheck, summarise } from './merge-check.ts';
import { openWeights, type OpenWeights } from './open-weights.ts';
import { rememberRows } from './remember-rows.ts';
import { sampleRows } from './sample-rows.ts';

export interface MergeCheckRequest {
  /** The fine-tune: a folder of an export or a checkpoint, or a hub id in the local cache; as `base`. */
  readonly ft: string;
  readonly base: string;
  /** A PEFT LoRA that was trained on the base. */
  readonly adapter: string;
  /** Read all rows of every weight instead of some that are spread over it. */
  readonly allRows?: boolean;
}

export interface MergeCheckHooks {
  onProgress?(event: {
    readonly layer: number | undefined;
    readonly layers: number;
    readonly done: number;
    readonly total: number;
  }): void;
  /** Stops the work at the next weight; the signal's reason is thrown. */
  readonly signal?: AbortSignal;
}

/** Rows of each weight that are read unless all are. Of one expert of Qwen3-30B-A3B they hold 49,152 weights or more. */
const SAMPLED_ROWS = 64;
/** Weights that are in memory at once, of each model: 16 MB. */
const CHUNK_WEIGHTS = 2 ** 22;

/**
 * Whether a fine-tune is its base with an adapter merged into it, once and at its own scale: for every weight the change
 * from base to fine-tune is set against the change that the adapter makes. It does not matter which program merged, nor
 * whether the two are exports or checkpoints: rounding adds noise, which is measured too. Weights are read a few rows at
 * a time.
 * @throws FtLensError (input) for folders that do not belong together
 */
export async function checkMerge(request: MergeCheckRequest, hooks: MergeCheckHooks = {}): Promise<MergeCheck> {
  const [baseFolder, ftFolder, adapterFolder] = await Promise.all([
    resolveModelPath(request.base),
    resolveModelPath(request.ft),
    resolveModelPath(request.adapter),
  ]);
  const open: { close(): Promise<void> }[] = [];
  const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
    open.push(resource);
    return resource;
  };
  try {
    const base = opened(await openWeights(baseFolder));
    const ft = opened(await openWeights(ftFolder));
    requireSameShapes(base.config, ft.config, ftFolder);
    const adapter = opened(await openAdapter(adapterFolder, { config: base.config }));
    const merged = mergeAdapter(rememberRows(base.weights), adapter);
    const checked = await checkWeights(base, merged, ft, request.allRows === true, hooks);
    return summarise(checked, {
      base: resolve(baseFolder),
      ft: resolve(ftFolder),
      adapter: adapter.directory,
      allRows: request.allRows === true,
      sameStorage: base.storage === ft.storage,
    });
  } finally {
    await Promise.all(open.map((resource) => resource.close()));
  }
}

async function checkWeights(
  base: OpenWeights,
  merged: MergedWeights,
  ft: OpenWeights,
  allRows: boolean,
  hooks: MergeCheckHooks,
): Promise<CheckedWeight[]> {
  const names = [...merged.names];
  const checked: CheckedWeight[] = [];
  for (const [done, name] of names.entries()) {
    hooks.signal?.throwIfAborted();
    const { kind, layer } = describeWeight(name);
    const number = layer === undefined ? undefined : layer + 1;
    hooks.onProgress?.({ layer: number, layers: base.config.layers, done, total: names.length });
    const named = merged.changes(name) !== undefined;
    // Most rows of a trained embedding are of tokens that no training text held: 64 rows may all be such.
    const whole = allRows || (named && layer === undefined);
    checked.push({
      name,
      kind,
      layer: number,
      named,
      sums: await compareWeight(name, merged, ft.weights, named, whole),
    });
  }
  hooks.onProgress?.({ layer: undefined, layers: base.config.layers, done: names.length, total: names.length });
  return checked;
}

/**
 * @param named the adapter changes it
 * @param whole reads all rows
 */
async function compareWeight(
  name: string,
  merged: MergedWeights,
  ft: WeightSource,
  named: boolean,
  whole: boolean,
): Promise<ChangeSums> {
  const [rows, columns = 1] = merged.shape(name) as [number, number?];
  const inFt = name === HEAD && !ft.names.has(HEAD) ? EMBEDDING : name;
  const sums = new ChangeSums();
  const step = Math.max(1, Math.floor(CHUNK_WEIGHTS / columns));
  for (const [first, last] of sampleRows(rows, whole ? rows : SAMPLED_ROWS)) {
    for (let from = first; from < last; from += step) {
      const to = Math.min(from + step, last);
      const [before, after] = await Promise.all([merged.baseRows(name, from, to), ft.rows(inFt, from, to)]);
      sums.addRows(before, named ? await merged.rows(name, from, to) : before, after, columns);
    }
  }
  sums.weights = 1;
  return sums;
}

function requireSameShapes(base: Qwen3MoeConfig, ft: Qwen3MoeConfig, ftFolder: string): void {
  const shapes = publishedWeights({ ...ft, tiedEmbeddings: base.tiedEmbeddings });
  for (const [name, shape] of publishedWeights(base)) {
    const [expected, got] = [shape, shapes.get(name)].map((lengths) => lengths && `[${lengths.join(', ')}]`);
    if (expected === got) continue;
    throw inputError('The fine-tune and its base are not of one architecture.', {
      where: `${ftFolder}, ${name}`,
      expected: `${expected}, as in the base`,
      got: got ?? 'no such weight',
      remedy: 'give the base that the LoRA was trained on, and a model that it was merged into',
    });
  }
}
