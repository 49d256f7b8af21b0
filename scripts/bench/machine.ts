import { execFileSync } from 'node:child_process';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What figures depend on besides the program. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  readonly node: string;
  readonly onnxruntime: string;
  readonly gpu?: string;
}

export function describeMachine(onnxruntime: string): Machine {
  const gpu = firstLine('nvidia-smi', ['--query-gpu=name,driver_version,memory.total', '--format=csv,noheader']);
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    onnxruntime,
    ...(gpu !== undefined && { gpu }),
  };
}

/** Runnable processes on average over the last minute: more than those of the benchmark say that it was not alone. */
export function loadAverage(): number {
  return loadavg()[0] ?? NaN;
}

function firstLine(command: string, args: readonly string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return undefined;
  }
}
