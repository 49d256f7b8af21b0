import type { CudaMachine } from '../../src/setup/cuda-availability.ts';
import type { Gpu } from '../../src/setup/machine/gpus.ts';

export const GPU: Gpu = {
  uuid: 'GPU-1234',
  name: 'NVIDIA RTX 4090',
  totalBytes: 25.7e9,
  freeBytes: 24.1e9,
  computeCapability: 8.9,
  driver: '580.65.06',
};

/** A machine on which CUDA can be used. */
export const WORKING_CUDA: CudaMachine = {
  libraries: {
    folder: '/cache/cuda',
    manifest: { schema: 'ft-lens.cuda', schemaVersion: '1.0', onnxruntime: '1.30.0', wheels: [], libraries: [] },
    loadOrder: ['/cache/cuda/libcudart.so.13', '/cache/cuda/libonnxruntime.so.1.30.0'],
  },
  driver: { library: '/usr/lib/libcuda.so.580.65.06', version: '580.65.06' },
  gpus: [GPU],
};
