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
  #failure: Error | undefined;

  /**
   * @param file built file, from export/ on
   * @throws FtLensError (runtime) when the program is not built
   */
  constructor(file: string, threads: number) {
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
    await this.#pool.destroy();
  }

  /** A thread that dies between tasks belongs to no task: all of them fail. */
  #fail(cause: Error): void {
    this.#failure ??= runtimeError('A thread of the export failed.', { got: cause.message, cause });
    for (const reject of this.#waiting) reject(this.#failure);
  }
}
