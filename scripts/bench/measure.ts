import { spawn } from 'node:child_process';
import { type ProcessTreeUse, processTreeUse } from './process-tree.ts';

/** What one run of a command cost, with everything that it started. */
export interface Measurement {
  readonly wallSeconds: number;
  /** User and system time. */
  readonly cpuSeconds: number;
  readonly peakAnonymousBytes: number;
  readonly peakResidentBytes: number;
  /** Fetched from the disk; 0 when everything was in the page cache. */
  readonly readBytes: number;
}

export interface MeasuredRun extends Measurement {
  readonly stdout: string;
}

/** Time between two looks at the memory. */
const SAMPLE_MS = 20;

/** Runs the command, and has the shell write the CPU time of its children to descriptor 3 when it has ended. */
const TIMED = '"$@"; status=$?; times >&3; exit $status';

/**
 * Runs a command to its end.
 * @throws when it fails, with the end of what it wrote to stderr
 */
export async function measure(command: readonly string[]): Promise<MeasuredRun> {
  const start = performance.now();
  const shell = spawn('sh', ['-c', TIMED, 'sh', ...command], { stdio: ['ignore', 'pipe', 'pipe', 'pipe'] });
  const [stdout, stderr, times] = [1, 2, 3].map((descriptor) =>
    collect(shell.stdio[descriptor] as NodeJS.ReadableStream),
  );
  let peak: ProcessTreeUse = { anonymous: 0, resident: 0, read: 0 };
  const sampling = setInterval(() => {
    const { anonymous, resident, read } = processTreeUse(shell.pid!);
    peak = {
      anonymous: Math.max(peak.anonymous, anonymous),
      resident: Math.max(peak.resident, resident),
      read: Math.max(peak.read, read),
    };
  }, SAMPLE_MS);
  try {
    const code = await new Promise((resolve, reject) => {
      shell.on('error', reject);
      shell.on('close', resolve);
    });
    const wallSeconds = (performance.now() - start) / 1_000;
    if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}:\n${(await stderr!).slice(-4_000)}`);
    return {
      wallSeconds,
      cpuSeconds: childrenSeconds(await times!),
      peakAnonymousBytes: peak.anonymous,
      peakResidentBytes: peak.resident,
      readBytes: peak.read,
      stdout: await stdout!,
    };
  } finally {
    clearInterval(sampling);
  }
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** The second line of what `times` prints: user and system time of the children, such as `0m1.250s 0m0.030s`. */
function childrenSeconds(times: string): number {
  const parts = times.trim().split('\n')[1]?.split(' ') ?? [];
  return parts.reduce((sum, part) => {
    const [, minutes, seconds] = /^(\d+)m([\d.]+)s$/.exec(part) ?? [];
    return sum + 60 * Number(minutes) + Number(seconds);
  }, 0);
}
