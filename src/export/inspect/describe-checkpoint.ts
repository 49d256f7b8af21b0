import type { CheckpointFile } from '../checkpoint/checkpoint.ts';
import type { Qwen3MoeConfig, WeightDtype } from '../checkpoint/model-config.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { elementCount } from '../checkpoint/shape.ts';
import { describeWeight, type ModuleKind } from '../checkpoint/weight-names.ts';

/** What a checkpoint holds, from its configuration and the headers of its files. */
export interface CheckpointDescription {
  readonly type: 'checkpoint';
  readonly path: string;
  readonly architecture: 'qwen3_moe';
  readonly config: Qwen3MoeConfig;
  /** The dtype of most parameters. */
  readonly dtype: WeightDtype;
  readonly parameters: number;
  /** Parameters that one token passes through: all but the experts that its router leaves out. */
  readonly activeParameters: number;
  readonly files: readonly CheckpointFile[];
  readonly bytes: number;
  readonly kinds: readonly CheckpointKind[];
}

interface CheckpointKind {
  readonly kind: ModuleKind;
  readonly weights: number;
  readonly parameters: number;
}

/** @throws FtLensError (input) when the folder is not a checkpoint that can be exported */
export async function describeCheckpoint(directory: string): Promise<CheckpointDescription> {
  const checkpoint = await openCheckpoint(directory);
  await checkpoint.close();
  const { config, weights, files, dtype } = checkpoint;
  const kinds = new Map<ModuleKind, { weights: number; parameters: number }>();
  for (const name of weights.names) {
    const { kind } = describeWeight(name);
    const sum = kinds.get(kind) ?? { weights: 0, parameters: 0 };
    sum.weights += 1;
    sum.parameters += elementCount(weights.shape(name));
    kinds.set(kind, sum);
  }
  const parameters = [...kinds.values()].reduce((sum, kind) => sum + kind.parameters, 0);
  const idle = 1 - config.expertsPerToken / config.experts;
  return {
    type: 'checkpoint',
    path: checkpoint.directory,
    architecture: 'qwen3_moe',
    config,
    dtype,
    parameters,
    activeParameters: Math.round(parameters - idle * (kinds.get('experts')?.parameters ?? 0)),
    files,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    kinds: [...kinds].map(([kind, sum]) => ({ kind, ...sum })),
  };
}
