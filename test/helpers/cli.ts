import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The built program, as a user's shell would start it. */
export const CLI = join(import.meta.dirname, '../../dist/cli/main.js');
export const FIXTURES = join(import.meta.dirname, '../fixtures');

export interface CliResult {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly input?: string;
  readonly cwd?: string;
  /** Added to an environment without any wish for colours or widths. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs ft-lens to its end; neither stream is a terminal. */
export async function ftLens(args: readonly string[], { input = '', cwd, env }: CliOptions = {}): Promise<CliResult> {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      FT_LENS_CUDA_DIR: process.env['FT_LENS_CUDA_DIR'],
      ...env,
    },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A program that refuses the call may end before it has read its input.
  child.stdin.on('error', () => undefined).end(input);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  return { status, stdout, stderr };
}

/** An empty folder below the system's temporary folder. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'ft-lens-test-'));
}
