import * as ort from 'onnxruntime-node';
import type { EngineDevice } from '../engine-device.ts';
import type { Answers, Feed, Request, ResidentTensor, TensorType, TensorValue } from '../protocol.ts';
import { pickRows } from './pick-rows.ts';
import { Profile } from './profile.ts';
import { runtimeOptions } from './session-options.ts';
import { WARM_UP_GRAPH, WARM_UP_INPUT } from './warm-up.ts';

type RequestOf<Kind extends Request['kind']> = Extract<Request, { kind: Kind }>;

interface OpenSession {
  readonly inference: ort.InferenceSession;
  readonly profile: Profile | undefined;
}

// Failures are thrown; the runtime's own log would only repeat them, with source files and colours.
ort.env.logLevel = 'fatal';

/** ONNX Runtime on one device: its sessions, and the tensors that stay here between their runs. */
export class Runtime {
  readonly #device: EngineDevice;
  readonly #sessions = new Map<number, OpenSession>();
  readonly #residents = new Map<number, ort.Tensor>();

  constructor(device: EngineDevice) {
    this.#device = device;
  }

  /** Has the device do what it does once only. @throws when it cannot be used */
  async warmUp(): Promise<void> {
    if (this.#device.kind === 'webgpu') return;
    const session = await ort.InferenceSession.create(WARM_UP_GRAPH, runtimeOptions(this.#device, {}));
    if (this.#device.kind === 'cuda') await session.run({ x: tensorOf(WARM_UP_INPUT) }, ['y'], { logSeverityLevel: 4 });
    await session.release();
  }

  async answer(request: Request): Promise<Answers[Request['kind']]> {
    switch (request.kind) {
      case 'version':
        return ort.env.versions.node ?? ort.env.versions.common;
      case 'create':
        return this.#create(request);
      case 'run':
        return this.#run(request);
      case 'placement':
        return this.#placement(request);
      case 'release':
        return this.#release(request);
      case 'drop':
        for (const key of request.keys) this.#residents.delete(key);
        return undefined;
    }
  }

  async #create({ session, model, options }: RequestOf<'create'>): Promise<Answers['create']> {
    const profile = options.profile === true ? new Profile() : undefined;
    try {
      const settings = runtimeOptions(this.#device, options, profile?.prefix);
      this.#sessions.set(session, { inference: await ort.InferenceSession.create(model, settings), profile });
    } catch (error) {
      profile?.discard();
      throw error;
    }
    return undefined;
  }

  async #run(request: RequestOf<'run'>): Promise<Answers['run']> {
    const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, feed]) => [name, this.#tensor(feed)]));
    const names = [...request.fetch, ...Object.keys(request.keep)];
    const outputs = await this.#session(request.session).inference.run(feeds, names, { logSeverityLevel: 4 });
    const values: Record<string, TensorValue> = {};
    const kept: Record<string, ResidentTensor> = {};
    for (const [name, tensor] of Object.entries(outputs)) {
      const key = request.keep[name];
      if (key === undefined) values[name] = valueOf(tensor);
      else {
        this.#residents.set(key, tensor);
        kept[name] = { resident: key, type: tensor.type as TensorType, dims: tensor.dims };
      }
    }
    return { values, kept };
  }

  async #placement(request: RequestOf<'placement'>): Promise<Answers['placement']> {
    const { inference, profile } = this.#session(request.session);
    inference.endProfiling();
    return profile?.read() ?? [];
  }

  async #release(request: RequestOf<'release'>): Promise<Answers['release']> {
    const { inference, profile } = this.#session(request.session);
    this.#sessions.delete(request.session);
    await inference.release();
    profile?.discard();
    return undefined;
  }

  #session(key: number): OpenSession {
    const found = this.#sessions.get(key);
    if (found === undefined) throw new Error(`There is no session ${key}.`);
    return found;
  }

  #tensor(feed: Feed): ort.Tensor {
    if (!('resident' in feed)) return tensorOf(feed);
    const tensor = this.#residents.get(feed.resident);
    if (tensor === undefined) throw new Error(`There is no tensor ${feed.resident}.`);
    return feed.pick === undefined ? tensor : tensorOf(pickRows(valueOf(tensor), feed.pick));
  }
}

function tensorOf({ type, data, dims }: TensorValue): ort.Tensor {
  return new ort.Tensor(type as 'float32', data as Float32Array, dims);
}

function valueOf(tensor: ort.Tensor): TensorValue {
  return { type: tensor.type as TensorType, dims: tensor.dims, data: tensor.data as TensorValue['data'] };
}
