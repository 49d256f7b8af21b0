import * as ort from 'onnxruntime-node';
import type { Answers, Request, ResidentTensor, SessionOptions, TensorType, TensorValue } from '../protocol.ts';

type RequestOf<Kind extends Request['kind']> = Extract<Request, { kind: Kind }>;

const sessions = new Map<number, ort.InferenceSession>();
const residents = new Map<number, ort.Tensor>();

// Failures are thrown; the runtime's own log would only repeat them, with source files and colours.
ort.env.logLevel = 'fatal';

export async function answer(request: Request): Promise<Answers[Request['kind']]> {
  switch (request.kind) {
    case 'version':
      return ort.env.versions.node ?? ort.env.versions.common;
    case 'create':
      return createSession(request);
    case 'run':
      return run(request);
    case 'release':
      await session(request.session).release();
      sessions.delete(request.session);
      return undefined;
    case 'drop':
      for (const key of request.keys) residents.delete(key);
      return undefined;
  }
}

async function createSession(request: RequestOf<'create'>): Promise<Answers['create']> {
  const created = await ort.InferenceSession.create(request.model, runtimeOptions(request.options));
  sessions.set(request.session, created);
  return undefined;
}

function runtimeOptions(options: SessionOptions): ort.InferenceSession.SessionOptions {
  return {
    executionProviders: ['cpu'],
    // The arena keeps the largest batch's memory for good: 849 against 532 MB were measured.
    enableCpuMemArena: false,
    logSeverityLevel: 3,
    ...(options.threads !== undefined && { intraOpNumThreads: options.threads }),
    ...(options.dataFolder !== undefined && {
      extra: { session: { model_external_initializers_file_folder_path: options.dataFolder } },
    }),
  };
}

async function run(request: RequestOf<'run'>): Promise<Answers['run']> {
  const feeds = Object.fromEntries(Object.entries(request.feeds).map(([name, feed]) => [name, toTensor(feed)]));
  const names = [...request.fetch, ...Object.keys(request.keep)];
  const outputs = await session(request.session).run(feeds, names, { logSeverityLevel: 4 });
  const values: Record<string, TensorValue> = {};
  const kept: Record<string, ResidentTensor> = {};
  for (const [name, tensor] of Object.entries(outputs)) {
    const key = request.keep[name];
    if (key === undefined) values[name] = fromTensor(tensor);
    else {
      residents.set(key, tensor);
      kept[name] = { resident: key, type: tensor.type as TensorType, dims: tensor.dims };
    }
  }
  return { values, kept };
}

function session(key: number): ort.InferenceSession {
  const found = sessions.get(key);
  if (found === undefined) throw new Error(`There is no session ${key}.`);
  return found;
}

function toTensor(feed: TensorValue | ResidentTensor): ort.Tensor {
  if ('resident' in feed) {
    const tensor = residents.get(feed.resident);
    if (tensor === undefined) throw new Error(`There is no tensor ${feed.resident}.`);
    return tensor;
  }
  return new ort.Tensor(feed.type as 'float32', feed.data as Float32Array, feed.dims);
}

function fromTensor(tensor: ort.Tensor): TensorValue {
  return { type: tensor.type as TensorType, dims: tensor.dims, data: tensor.data as TensorValue['data'] };
}
