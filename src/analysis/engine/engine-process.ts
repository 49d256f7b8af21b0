import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FtLensError } from '../../errors.ts';
import type { EngineDevice } from './engine-device.ts';
import { type Activity, crashed, interrupted, refused } from './failures.ts';
import type { AnswerMessage, Answers, Request, RequestMessage } from './protocol.ts';

/** The compiled program: a process of its own starts from a file. */
const CHILD = new URL('./child/main.js', import.meta.url);

/** Kept of the child's stderr, for the message when it ends unexpectedly. */
const ERROR_TEXT_LENGTH = 4_096;

/** Of all processes together: a key of one means nothing to another, and must not look as if it did. */
let lastKey = 0;

interface Pending {
  readonly activity: Activity;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: FtLensError) => void;
}

/** The child process, and the requests that wait for its answers. Every failure is a FtLensError. */
export class EngineProcess {
  readonly #device: EngineDevice;
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  readonly #kill = () => void this.#child.kill('SIGKILL');
  readonly #abort = () => this.#end(interrupted());
  #failure: FtLensError | undefined;
  #errorText = '';

  /** @param signal aborting it kills the process at once, whatever it is doing */
  constructor(device: EngineDevice, signal?: AbortSignal) {
    this.#device = device;
    this.#signal = signal;
    this.#child = fork(fileURLToPath(CHILD), [JSON.stringify(device)], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: environmentOf(device),
    });
    this.#child.on('message', (message) => this.#settle(message as AnswerMessage));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errorText = (this.#errorText + text).slice(-ERROR_TEXT_LENGTH);
    });
    this.#ended = new Promise((resolve) => {
      // Without a listener a second error, as when the process cannot be killed, would end this one.
      this.#child.on('error', (cause) => {
        this.#end(crashed({ code: null, signal: null, errorText: cause.message }, this.#activity()));
        resolve();
      });
      this.#child.once('close', (code, end) => {
        this.#end(crashed({ code, signal: end, errorText: this.#errorText }, this.#activity()));
        resolve();
      });
    });
    process.once('exit', this.#kill);
    if (signal?.aborted) this.#abort();
    else signal?.addEventListener('abort', this.#abort, { once: true });
  }

  /** The operating system's number of the process; 0 when it could not be started. */
  get processId(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends the process and everything in it. Requests still waiting fail as interrupted. */
  async close(): Promise<void> {
    this.#end(interrupted());
    await this.#ended;
  }

  /** A number that no request, session or resident tensor has yet. */
  newKey(): number {
    lastKey += 1;
    return lastKey;
  }

  /** Sends a request; it waits for the process to be up and for the requests before it. */
  ask<Kind extends Request['kind']>(
    request: Extract<Request, { kind: Kind }>,
    activity: Activity,
  ): Promise<Answers[Kind]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const id = this.newKey();
    return new Promise<Answers[Kind]>((resolve, reject) => {
      this.#pending.set(id, { activity, resolve, reject });
      // A child that is gone is told of by its 'close' event.
      this.#child.send({ id, request } satisfies RequestMessage, () => {});
    });
  }

  #settle(message: AnswerMessage): void {
    const pending = this.#pending.get(message.id);
    if (pending === undefined) return;
    this.#pending.delete(message.id);
    if ('failure' in message) pending.reject(refused(message.failure, pending.activity, this.#device));
    else pending.resolve(message.answer as never);
  }

  /** What the child is busy with: the oldest request that has no answer. */
  #activity(): Activity {
    const [oldest] = this.#pending.values();
    return oldest?.activity ?? { phase: 'starting the runtime', where: 'onnxruntime-node' };
  }

  #end(failure: FtLensError): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const { reject } of this.#pending.values()) reject(failure);
    this.#pending.clear();
    this.#signal?.removeEventListener('abort', this.#abort);
    process.off('exit', this.#kill);
    this.#kill();
  }
}

function environmentOf(device: EngineDevice): NodeJS.ProcessEnv {
  // ONNX Runtime reports models by name to its makers unless told not to before it is loaded. A user's own choice stands.
  const environment = { ORT_DISABLE_TELEMETRY: '1', ...process.env };
  if (device.kind !== 'cuda' || device.gpu === undefined) return environment;
  return { ...environment, CUDA_VISIBLE_DEVICES: device.gpu };
}
