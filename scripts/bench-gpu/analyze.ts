import type { Report } from '../../src/report/schema.ts';
import { measure, type MeasuredRun } from '../bench/measure.ts';
import { FT_LENS } from '../bench/subjects.ts';
import { GpuMemoryWatch } from './gpu-memory.ts';

/** One run of `ft-lens analyze` and what it reported. */
export interface AnalyzeRun {
  readonly run: Omit<MeasuredRun, 'stdout'>;
  readonly peakGpuBytes: number;
  readonly report: Report;
}

/** Seconds of each phase of a command; what is not one of them is the start, the tokenizer and the output. */
export interface PhaseSeconds {
  readonly load: number;
  readonly forward: number;
  readonly lens: number;
  readonly rest: number;
}

export async function analyzeOnce(
  models: readonly string[],
  ids: readonly number[],
  device: 'cpu' | 'cuda',
  options: readonly string[] = [],
): Promise<AnalyzeRun> {
  const [base, ft] = models as [string, string?];
  const prompt = ['--token-ids', ids.join(','), '--base', base, ...(ft === undefined ? [] : ['--ft', ft])];
  const command = [...FT_LENS, 'analyze', ...prompt, '--device', device, '--json', ...options];
  const watch = device === 'cuda' ? new GpuMemoryWatch() : undefined;
  const { stdout, ...run } = await measure(command).finally(() => watch?.stop());
  return { run, peakGpuBytes: watch?.peakBytes ?? 0, report: JSON.parse(stdout) as Report };
}

export function phasesOf({ run, report }: AnalyzeRun): PhaseSeconds {
  const timings = [report.models.base, report.models.ft].flatMap((model) => (model ? [model.timing] : []));
  const sum = (phase: 'loadMs' | 'forwardMs' | 'lensMs'): number =>
    timings.reduce((total, timing) => total + timing[phase], 0) / 1_000;
  const phases = { load: sum('loadMs'), forward: sum('forwardMs'), lens: sum('lensMs') };
  return { ...phases, rest: run.wallSeconds - phases.load - phases.forward - phases.lens };
}
