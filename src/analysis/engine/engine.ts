import { EngineProcess } from './engine-process.ts';
import type { ResidentTensor, SessionOptions } from './protocol.ts';
import { Session } from './session.ts';

/**
 * ONNX Runtime in a process of its own. Create it early: it starts while the caller does something else, and requests
 * wait for it. Every failure is a FtLensError; {@link Engine.close} belongs into a `finally`.
 */
export class Engine {
  readonly #process: EngineProcess;

  /** @param signal aborting it kills the process at once, whatever it is doing */
  constructor(signal?: AbortSignal) {
    this.#process = new EngineProcess(signal);
  }

  get processId(): number {
    return this.#process.processId;
  }

  /** Version of ONNX Runtime, such as 1.30.0 */
  version(): Promise<string> {
    return this.#process.ask({ kind: 'version' }, { phase: 'starting the runtime', where: 'onnxruntime-node' });
  }

  /**
   * Loads a graph.
   * @param model an encoded ONNX model; its external data stand in `options.dataFolder`
   * @param where the file or graph, for messages
   */
  async createSession(model: Uint8Array, where: string, options: SessionOptions = {}): Promise<Session> {
    const session = this.#process.newKey();
    await this.#process.ask({ kind: 'create', session, model, options }, { phase: 'loading', where });
    return new Session(this.#process, session, where);
  }

  /** Forgets resident tensors. */
  async drop(tensors: Iterable<ResidentTensor>): Promise<void> {
    const keys = Array.from(tensors, (tensor) => tensor.resident);
    await this.#process.ask({ kind: 'drop', keys }, { phase: 'releasing', where: 'resident tensors' });
  }

  /** Ends the process and frees everything in it. */
  close(): Promise<void> {
    return this.#process.close();
  }
}
