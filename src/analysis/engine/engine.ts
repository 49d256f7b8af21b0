import type { EngineDevice } from './engine-device.ts';
import { EngineProcess } from './engine-process.ts';
import type { ResidentTensor, SessionOptions } from './protocol.ts';
import { Session } from './session.ts';

/**
 * Processes by kind of device. One thread fills a card at 3.7 GB/s and two at 5.9 GB/s, as measured on an H200; a process
 * loads with one, and takes 0.6 GB of the card for itself.
 */
const PROCESSES: Readonly<Record<EngineDevice['kind'], number>> = { cpu: 1, cuda: 2, webgpu: 1 };

/**
 * ONNX Runtime in processes of its own. Create it early: they start while the caller does something else, and requests
 * wait for them. Every failure is a FtLensError; {@link Engine.close} belongs into a `finally`.
 */
export class Engine {
  readonly device: EngineDevice;
  readonly #processes: readonly EngineProcess[];

  /** @param signal aborting it kills the processes at once, whatever they are doing */
  constructor(device: EngineDevice, signal?: AbortSignal, processes = PROCESSES[device.kind]) {
    this.device = device;
    this.#processes = Array.from({ length: processes }, () => new EngineProcess(device, signal));
  }

  get processId(): number {
    return this.#process(0).processId;
  }

  /** How many processes it has. Each does one thing at a time; resident tensors belong to one of them. */
  get processes(): number {
    return this.#processes.length;
  }

  /** Version of ONNX Runtime, such as 1.30.0 */
  version(): Promise<string> {
    return this.#process(0).ask({ kind: 'version' }, { phase: 'starting the runtime', where: 'onnxruntime-node' });
  }

  /**
   * Loads a graph.
   * @param model an encoded ONNX model; its external data stand in `options.dataFolder`
   * @param where the file or graph, for messages
   */
  async createSession(model: Uint8Array, where: string, options: SessionOptions = {}): Promise<Session> {
    const process = this.#process(options.process ?? 0);
    const session = process.newKey();
    await process.ask({ kind: 'create', session, model, options }, { phase: 'loading', where });
    return new Session(process, session, where);
  }

  /** Forgets resident tensors. */
  async drop(tensors: Iterable<ResidentTensor>): Promise<void> {
    const keys = Array.from(tensors, (tensor) => tensor.resident);
    if (keys.length === 0) return;
    const activity = { phase: 'releasing', where: 'resident tensors' } as const;
    await Promise.all(this.#processes.map((process) => process.ask({ kind: 'drop', keys }, activity)));
  }

  /** Ends the processes and frees everything in them. */
  async close(): Promise<void> {
    await Promise.all(this.#processes.map((process) => process.close()));
  }

  #process(index: number): EngineProcess {
    return this.#processes[index % this.#processes.length] as EngineProcess;
  }
}
