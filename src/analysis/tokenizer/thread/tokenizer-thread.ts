import { Worker } from 'node:worker_threads';
import { FtLensError, inputError } from '../../../errors.ts';
import type { Call, Calls, Reply, TokenizerSources } from './messages.ts';

/** Heap of the thread in MiB; the largest public tokenizers need about 400. */
const HEAP_MIB = 2_048;

/**
 * A thread for what comes with a model and runs without bounds: patterns of a tokenizer, loops of a chat template. It is
 * plain JavaScript, so the thread can be ended at any moment. It keeps the process alive only while a question is open.
 */
export class TokenizerThread {
  readonly #worker: Worker;
  readonly #folder: string;
  /** Settles when the thread has loaded its program, or has ended: an end in the middle would leave files open. */
  readonly #loaded: Promise<unknown>;
  #isEnding = false;
  /** Why the thread takes no more questions. */
  #ended: Error | undefined;
  /** Settles when the question before has been answered: the thread's replies carry no name. */
  #idle: Promise<unknown> = Promise.resolve();

  constructor(sources: TokenizerSources) {
    this.#folder = sources.folder;
    this.#worker = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: sources,
      // Flags of the program that loads sources are not for built files.
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
      // The tokenizer library warns of what it does not know, with texts of the file as they are.
      stdout: true,
      stderr: true,
    });
    this.#worker.stdout.resume();
    this.#worker.stderr.resume();
    this.#worker.unref();
    // Without a listener an error between two questions would end the process; the next question reports it.
    this.#worker.on('error', (error: Error) => (this.#ended ??= error));
    this.#worker.once('exit', () => (this.#ended ??= new Error('the tokenizer thread has ended')));
    this.#loaded = new Promise((resolve) => this.#worker.once('message', resolve).once('exit', resolve));
  }

  /** Whether it has been told to end. */
  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Asks one question, after those before it are answered. After a time-out the thread is gone. */
  ask<C extends Call>(call: C, question: Calls[C]['question'], timeLimitMs: number): Promise<Calls[C]['answer']> {
    const answer = this.#idle.then(() => this.#askNow(call, question, timeLimitMs));
    this.#idle = answer.catch(() => undefined);
    return answer;
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    this.#worker.ref();
    await this.#loaded;
    await this.#worker.terminate();
  }

  async #askNow<C extends Call>(
    call: C,
    question: Calls[C]['question'],
    timeLimitMs: number,
  ): Promise<Calls[C]['answer']> {
    const worker = this.#worker;
    worker.ref();
    await this.#loaded;
    if (this.#ended !== undefined) throw this.#crash(this.#ended);
    worker.postMessage({ call, question });
    const reply = await new Promise<Reply>((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(this.#timeOut(call, timeLimitMs))), timeLimitMs);
      const onMessage = (message: Reply): void => finish(() => resolve(message));
      const onError = (error: Error): void => finish(() => reject(this.#crash(error)));
      const onExit = (): void => finish(() => reject(new Error('the tokenizer thread has ended')));
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        worker.off('message', onMessage).off('error', onError).off('exit', onExit);
        if (!this.#isEnding) worker.unref();
        settle();
      };
      worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    });
    if ('answer' in reply) return reply.answer as Calls[C]['answer'];
    if ('failure' in reply) throw new FtLensError(reply.failure.message, reply.failure.details);
    throw new Error(`the tokenizer thread failed: ${reply.defect}`);
  }

  #timeOut(call: Call, timeLimitMs: number): Error {
    void this.end();
    const what = { check: 'Reading the tokenizer', encode: 'Tokenizing the prompt', chat: 'The chat template' }[call];
    this.#ended = inputError(`${what} did not end within its time limit.`, {
      where: this.#folder,
      expected: `at most ${timeLimitMs / 1000} s`,
      remedy:
        'when the machine is not busy: these files are not what a model is published with; take tokenizer.json away and pass --token-ids',
    });
    return this.#ended;
  }

  #crash(error: Error): Error {
    if (!('code' in error) || error.code !== 'ERR_WORKER_OUT_OF_MEMORY') return error;
    return inputError('The tokenizer took more memory than any real one needs.', {
      where: this.#folder,
      expected: `at most ${HEAP_MIB} MiB`,
      remedy: 'pass --token-ids to go without it',
      cause: error,
    });
  }
}
