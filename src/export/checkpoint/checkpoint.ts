import type { Qwen3MoeConfig, WeightDtype } from './model-config.ts';
import type { StoredWeights } from './weight-source.ts';

/** An open checkpoint: weights are read from its files when they are asked for. */
export interface Checkpoint {
  readonly directory: string;
  readonly config: Qwen3MoeConfig;
  readonly weights: StoredWeights;
  /** The weight files, by base name. */
  readonly files: readonly CheckpointFile[];
  /** The dtype that most parameters are stored in. */
  readonly dtype: WeightDtype;
  /** Closes every file; weights cannot be read any more. */
  close(): Promise<void>;
}

export interface CheckpointFile {
  readonly name: string;
  readonly bytes: number;
}
