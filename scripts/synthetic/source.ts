import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementCount } from '../../src/export/checkpoint/shape.ts';
import { HEAD } from '../../src/export/checkpoint/weight-names.ts';
import type { StoredWeights } from '../../src/export/checkpoint/weight-source.ts';
import { parseAdapterConfig } from '../../src/export/lora/adapter-config.ts';
import { mergeAdapter } from '../../src/export/lora/merge-adapter.ts';
import type { Adapter } from '../../src/export/lora/open-adapter.ts';
import { planAdapter } from '../../src/export/lora/plan-adapter.ts';
import { tensorCache } from '../../src/export/lora/tensor-cache.ts';
import type { ExportSource } from '../../src/export/source.ts';
import { adapterConfigJson } from './adapter-config.ts';
import { adapterTensors, type SyntheticAdapter } from './adapter-tensors.ts';
import { writeModelFiles } from './model-files.ts';
import { modelWeights } from './model-weights.ts';
import type { SyntheticShape } from './shapes.ts';
import type { SyntheticTensors } from './tensors.ts';

/**
 * A checkpoint that is generated while it is exported, with an adapter merged into it if there is one. Only its
 * configuration and tokenizer stand on the disk, in a temporary folder that `close` removes.
 */
export async function syntheticSource(
  shape: SyntheticShape,
  seed: number,
  adapter?: SyntheticAdapter,
): Promise<ExportSource> {
  const directory = await mkdtemp(join(tmpdir(), 'ft-lens-synthetic-'));
  await writeModelFiles(directory, shape);
  const base = weightSource(modelWeights(shape, seed));
  const opened = adapter && openSynthetic(adapter, shape, seed, directory);
  const merged = opened && mergeAdapter(base, opened);
  const weights = merged ?? base;
  const name = `synthetic-${shape.name}-seed-${seed}`;
  return {
    checkpoint: { directory, config: shape, weights: base, files: [], dtype: 'bf16', close: () => Promise.resolve() },
    weights,
    merged,
    tiedHead: !weights.names.has(HEAD),
    folders: [directory],
    identity: { checkpoint: { shape, seed }, adapter },
    async describe() {
      return {
        checkpoint: { name, files: [] },
        ...(adapter && {
          adapter: {
            name: `${name}-${adapter.targets.join('-')}`,
            files: [],
            settings: {
              rank: adapter.rank,
              alpha: adapter.alpha,
              rslora: false,
              dora: adapter.dora,
              targetParameters: [...opened!.settings.targetParameters],
            },
          },
        }),
      };
    },
    close: () => rm(directory, { recursive: true, force: true }),
  };
}

function weightSource(tensors: SyntheticTensors): StoredWeights {
  const elements = (name: string, from: number, to: number): [first: number, count: number] => {
    const [, columns = 1] = tensors.tensor(name).shape as [number, number?];
    return [from * columns, (to - from) * columns];
  };
  return {
    names: new Set(tensors.all.keys()),
    shape: (name) => tensors.tensor(name).shape,
    async rows(name, from, to) {
      return tensors.values(name, ...elements(name, from, to));
    },
    async stored(name, from, to, allocate) {
      return { dtype: 'bf16', bytes: tensors.read(name, ...elements(name, from, to), allocate) };
    },
  };
}

/** As openAdapter does it with files. */
function openSynthetic(adapter: SyntheticAdapter, shape: SyntheticShape, seed: number, directory: string): Adapter {
  const tensors = adapterTensors(shape, adapter, seed);
  const settings = parseAdapterConfig(adapterConfigJson(adapter, shape.name), 'adapter_config.json');
  const shapes = new Map([...tensors.all].map(([name, tensor]) => [name, tensor.shape]));
  const { changes } = planAdapter(shapes, settings, shape, 'the synthetic adapter');
  return {
    directory,
    settings,
    files: [],
    changes,
    tensor: tensorCache(
      (name) => elementCount(tensors.tensor(name).shape),
      async (name) => tensors.values(name),
    ),
    async read(name, first, count) {
      return tensors.values(name, first, count);
    },
    close: () => Promise.resolve(),
  };
}
