import type { InferenceSession } from 'onnxruntime-node';
import type { EngineDevice } from '../engine-device.ts';
import type { SessionOptions } from '../protocol.ts';

type RuntimeOptions = InferenceSession.SessionOptions;

/** What ONNX Runtime is told about a session. @param profilePrefix where to write which provider ran each node */
export function runtimeOptions(device: EngineDevice, options: SessionOptions, profilePrefix?: string): RuntimeOptions {
  const { threads, dataFolder } = options;
  const { executionProviders, session = {} } = options.onCpu === true ? CPU : providerOptions(device, options);
  return {
    executionProviders,
    // For a pass through a model it would only be more memory: 849 against 532 MB were measured.
    enableCpuMemArena: options.keepMemory === true,
    // Weights planned as one block cannot be freed one by one once the device has its own copy.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(threads !== undefined && { intraOpNumThreads: threads }),
    ...(profilePrefix !== undefined && { enableProfiling: true, profileFilePrefix: profilePrefix }),
    extra: {
      session: {
        ...session,
        ...(dataFolder !== undefined && { model_external_initializers_file_folder_path: dataFolder }),
      },
    },
  };
}

interface ProviderOptions {
  readonly executionProviders: NonNullable<RuntimeOptions['executionProviders']>;
  readonly session?: Readonly<Record<string, string>>;
}

/** A thread that waits for work by spinning keeps a core from the threads that have some. */
const CPU: ProviderOptions = { executionProviders: ['cpu'], session: { 'intra_op.allow_spinning': '0' } };

function providerOptions(device: EngineDevice, { cpuNodes = [] }: SessionOptions): ProviderOptions {
  switch (device.kind) {
    case 'cpu':
      return CPU;
    case 'cuda':
      return {
        executionProviders: [{ name: 'cuda', deviceId: 0 }],
        // Outside the arena, so that what was repacked is given back: half the memory of a model with experts.
        session: { use_device_allocator_for_initializers: '1' },
      };
    case 'webgpu':
      return {
        executionProviders: [{ name: 'webgpu', ...(cpuNodes.length > 0 && { forceCpuNodeNames: [...cpuNodes] }) }],
      };
  }
}
