import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Tinypool } from 'tinypool';
import { runtimeError } from '../errors.ts';

// Threads run built files, whoever starts them: sources and build stand equally deep.
const BUILT = new URL('../../dist/export/', import.meta.url);

/** Threads that run the default export of one file. */
export class ThreadPool<Task, Result> {
  readonly #pool: Tinypool;
  readonly #waiting = new Set<(reason: Error) => void>();
  readonly #stop = (): void => this.#abort();
  readonly #signal: AbortSignal | undefined;
  #closing = false;
  #failure: Error | undefined;

  /**
   * @param file built file, from export/ on
   * @param signal aborting it ends the threads at once, whatever they do; their tasks fail with its reason
   * @throws FtLensError (runtime) when the program is not built
   */
  constructor(file: string, threads: number, signal?: AbortSignal) {
    this.#signal = signal;
    const filename = fileURLToPath(new URL(file, BUILT));
    // Tinypool cannot be closed while its threads fail to start.
    if (!existsSync(filename))
      throw runtimeError('A part of ft-lens is missing.', { where: filename, remedy: 'npm run build' });
    this.#pool = new Tinypool({
      filename,
      minThreads: threads,
      maxThreads: threads,
      isolateWorkers: false,
      // The next task waits in the thread: it need not ask for it.
      concurrentTasksPerWorker: 2,
      // Flags of the program that loads sources, or code from the command line, are not for built files.
      execArgv: [],
    });
    this.#pool.on('error', (cause: Error) => this.#fail(cause));
    for (const thread of this.#pool.threads) this.#tellOfEnd(thread);
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#stop, { once: true });
  }

  /** Arguments and results are copied; what lies in shared memory stays where it is. */
  run(task: Task): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.add(reject);
      (this.#pool.run(task) as Promise<Result>)
        .then(resolve, reject)
        .finally(() => this.#waiting.delete(reject))
        .catch(() => undefined);
    });
  }

  /** Ends the threads, whatever they do. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#signal?.removeEventListener('abort', this.#stop);
    await this.#pool.destroy();
  }

  #abort(): void {
    this.#failAll(this.#signal?.reason as Error);
    void this.close();
  }

  /** Tinypool hears of a thread's error but not of its end, and would wait for its answer for ever. */
  #tellOfEnd(thread: Tinypool['threads'][number]): void {
    let told = false;
    thread.once('error', () => (told = true));
    thread.once('exit', (code: number) => {
      if (!told && !this.#closing) thread.emit('error', new Error(`The thread ended with exit code ${code}.`));
    });
  }

  /** A thread that dies between tasks belongs to no task: all of them fail. */
  #fail(cause: Error): void {
    this.#failAll(runtimeError('A thread of the export failed.', { got: cause.message, cause }));
  }

  #failAll(reason: Error): void {
    this.#failure ??= reason;
    for (const reject of this.#waiting) reject(this.#failure);
  }
}
