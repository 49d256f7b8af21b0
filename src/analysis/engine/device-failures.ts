import { type FailureDetails, FtLensError } from '../../errors.ts';
import type { EngineDevice } from './engine-device.ts';

interface KnownFailure {
  readonly sign: RegExp;
  readonly message: string;
  readonly details: Pick<FailureDetails, 'expected' | 'remedy'>;
}

const MEMORY: KnownFailure = {
  sign: /CUDA failure 2:|CUDA_ERROR_OUT_OF_MEMORY|out of memory|ALLOC_FAILED|Failed to allocate memory|bad_alloc/i,
  message: 'The memory of the graphics card does not suffice.',
  details: {
    expected: 'free memory for the weights of one model, its head and the rows that are read at once',
    remedy: 'end other programs on the card, ask for fewer positions or a shorter prompt, or --device cpu',
  },
};

/** In the order in which they are looked for: what says more stands first. */
const CUDA_FAILURES: readonly KnownFailure[] = [
  {
    sign: /libcuda\.so/,
    message: 'There is no NVIDIA driver on this machine.',
    details: { expected: 'the driver of an NVIDIA card (libcuda.so.1)', remedy: 'install the driver, or --device cpu' },
  },
  {
    sign: /CUDA failure 35:|driver version is insufficient/,
    message: 'The NVIDIA driver is too old for these CUDA libraries.',
    details: { expected: 'a driver for CUDA 13', remedy: 'update the driver, or --device cpu' },
  },
  {
    sign: /CUDA failure 100:|no CUDA-capable device/,
    message: 'The NVIDIA driver finds no card.',
    details: {
      expected: 'a card that this process may use',
      remedy: 'check nvidia-smi and CUDA_VISIBLE_DEVICES, or --device cpu',
    },
  },
  {
    sign: /CUDA failure 101:|invalid device ordinal/,
    message: 'There is no card of this number.',
    details: { expected: 'a card that nvidia-smi lists', remedy: 'check CUDA_VISIBLE_DEVICES, or --device cpu' },
  },
  {
    sign: /CUDA failure 209:|no kernel image/,
    message: 'This card is too old for these CUDA libraries.',
    details: { expected: 'compute capability 7.5 or higher', remedy: '--device cpu' },
  },
  {
    sign: /CUDA failure (?:46|46:|3):|all CUDA-capable devices are busy/,
    message: 'The card is busy or reserved by another process.',
    details: { expected: 'a card that can be shared', remedy: 'wait for the other process, or --device cpu' },
  },
  MEMORY,
  {
    sign: /\.so(?:\.\d+)*: |Failed to load (?:shared )?library|cannot open shared object/,
    message: 'The CUDA libraries cannot be loaded.',
    details: { expected: 'the libraries that ft-lens setup cuda brings', remedy: 'ft-lens setup cuda' },
  },
  {
    sign: /CUDA failure|CUBLAS failure|CUDA error|cudnn/i,
    message: 'The graphics card failed.',
    details: { remedy: 'try again; if it fails again, check the card (nvidia-smi, dmesg) or take --device cpu' },
  },
];

const WEBGPU_FAILURES: readonly KnownFailure[] = [
  {
    sign: /Failed to get a WebGPU adapter|No supported adapters|libvulkan/,
    message: 'WebGPU finds no graphics driver on this machine.',
    details: { expected: 'a Vulkan driver and its loader (libvulkan.so.1)', remedy: 'install one, or --device cpu' },
  },
  {
    sign: /requires f16 but the device does not support it/,
    message: 'The graphics driver cannot compute in 16-bit floats, which this model needs.',
    details: { expected: 'a driver with 16-bit floats in shaders', remedy: '--device cpu' },
  },
  { ...MEMORY, sign: /out of memory|Failed to allocate|bad_alloc|maxBufferSize|maxStorageBufferBindingSize/i },
  {
    sign: /device (?:was )?lost/i,
    message: 'The graphics driver gave up.',
    details: { remedy: 'try again with fewer positions, or --device cpu' },
  },
];

/**
 * What a failure of the runtime says about the device rather than the model, if anything.
 * @param got the runtime's message, fit for a reader
 */
export function deviceFailure(device: EngineDevice, raw: string, got: string, where: string): FtLensError | undefined {
  const known = { cpu: [], cuda: CUDA_FAILURES, webgpu: WEBGPU_FAILURES }[device.kind].find(({ sign }) =>
    sign.test(raw),
  );
  return known && new FtLensError(known.message, { kind: 'device', where, got, ...known.details });
}
