import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { CLI } from './cli.ts';

export interface EndedRun {
  /** exit code; null when the signal itself ended it */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** from the last signal to the end, ms */
  readonly ms: number;
}

/**
 * A run of the built program whose traces can be told from those of all others: it has folders of its own for
 * temporary files, for the user and to work in, and a mark that every process of it inherits.
 */
export class WatchedRun {
  /** where it works */
  readonly folder: string;
  readonly #mark: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<void>;
  #stdout = '';
  #stderr = '';
  #signalled = Number.NaN;
  #ended: { readonly code: number | null; readonly at: number } | undefined;

  /** @param root an existing folder, in which the run gets its own */
  constructor(root: string, args: readonly string[], { stdin = 'ignore' }: { stdin?: 'ignore' | 'pipe' } = {}) {
    const own = mkdtempSync(join(root, 'run-'));
    this.#mark = `FT_LENS_TEST_RUN=${own}`;
    const [folder, temporary, home] = ['work', 'temporary', 'home'].map((name) => join(own, name)) as [
      string,
      string,
      string,
    ];
    for (const path of [folder, temporary, home]) mkdirSync(path);
    this.folder = folder;
    this.#child = spawn(process.execPath, [CLI, ...args], {
      cwd: folder,
      // A group of its own, as a shell gives to a command.
      detached: true,
      stdio: [stdin, 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        FT_LENS_CUDA_DIR: process.env['FT_LENS_CUDA_DIR'],
        FT_LENS_TEST_RUN: own,
        HOME: home,
        TMPDIR: temporary,
      },
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.#stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#child.once('exit', (code) => (this.#ended = { code, at: performance.now() }));
    this.#closed = new Promise((resolve) => this.#child.once('close', () => resolve()));
  }

  get stderr(): string {
    return this.#stderr;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Waits until something is so, or the run has ended. */
  async until(condition: () => boolean): Promise<void> {
    while (!this.hasEnded && !condition()) await wait(5);
  }

  /** @param to `group`: to every process of the run, as Ctrl-C does; `main`: to the first only */
  signal(name: NodeJS.Signals, to: 'group' | 'main'): void {
    this.#signalled = performance.now();
    if (this.hasEnded) return;
    const { pid } = this.#child as { readonly pid: number };
    process.kill(to === 'group' ? -pid : pid, name);
  }

  /** What it gave, once it has ended and closed its streams. */
  async end(): Promise<EndedRun> {
    await this.#closed;
    const { code, at } = this.#ended as { code: number | null; at: number };
    return { code, stdout: this.#stdout, stderr: this.#stderr, ms: at - this.#signalled };
  }

  /** The processes that it started, from Linux's /proc. */
  startedProcesses(): number[] {
    const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return processes.filter((pid) => pid !== String(this.#child.pid) && this.#isOwn(pid)).map(Number);
  }

  /** Files in the folders for temporary files and of the user: there should never be any. */
  strayFiles(): string[] {
    return ['temporary', 'home'].flatMap(
      (name) => readdirSync(join(this.folder, '..', name), { recursive: true }) as string[],
    );
  }

  #isOwn(pid: string): boolean {
    try {
      return (
        readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(this.#mark) &&
        !readFileSync(`/proc/${pid}/stat`, 'latin1').includes(') Z ')
      );
    } catch {
      // It has just ended.
      return false;
    }
  }
}
