import { join } from 'node:path';
import { measure } from '../bench/measure.ts';
import { median } from '../bench/median.ts';

const SCRIPT = join(import.meta.dirname, '../bench/hf-analyze.py');

/** Figures of the same model in transformers, on the same GPU; times in ms. */
export interface TransformersRuns {
  readonly versions: Readonly<Record<string, string>>;
  readonly peakGpuBytes: number | null;
  readonly forward: readonly { readonly tokens: number; readonly first: number; readonly hot: number }[];
  /** The lens loop of one model, and the comparison of two. */
  readonly lens: { readonly hot: number; readonly compare: number };
}

interface ScriptReport {
  readonly versions: Record<string, string>;
  readonly seconds: Record<string, number>;
  readonly peak_gpu_bytes: number | null;
}

/** @param folder holds the config.json of the model; its weights are made on the device */
export async function transformersRuns(
  python: string,
  device: 'cpu' | 'cuda',
  folder: string,
  lengths: readonly number[],
  repeats: number,
): Promise<TransformersRuns> {
  const model = ['--checkpoint', folder, '--random-weights', '--device', device];
  const runs = ['--tokens', lengths.join(','), '--repeats', String(repeats)];
  const { stdout } = await measure([python, SCRIPT, ...model, ...runs]);
  const { versions, seconds, peak_gpu_bytes: peakGpuBytes } = JSON.parse(stdout) as ScriptReport;
  const ms = (phase: string): number => 1_000 * (seconds[phase] ?? NaN);
  const hot = (what: string): number =>
    median(Array.from({ length: repeats }, (_, repeat) => ms(`hot ${what} ${repeat}`)));
  const forward = lengths.map((tokens) => ({
    tokens,
    first: ms(`forward base ${tokens}`),
    hot: hot(`forward base ${tokens}`),
  }));
  const [shortest] = lengths;
  return {
    versions,
    peakGpuBytes,
    forward,
    lens: { hot: hot(`lens base ${shortest}`), compare: ms(`compare ${shortest}`) },
  };
}
