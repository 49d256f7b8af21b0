import { describe, expect, it } from 'vitest';
import type { EngineDevice } from '../../../src/analysis/engine/engine-device.ts';
import { refused } from '../../../src/analysis/engine/failures.ts';

const cuda: EngineDevice = { kind: 'cuda', libraries: [] };
const webgpu: EngineDevice = { kind: 'webgpu' };
const loading = { phase: 'loading', where: 'base/model.onnx' } as const;
const failure = (device: EngineDevice, message: string) => refused(message, loading, device);

/** How ONNX Runtime 1.30 words a failed call of CUDA. */
const cudaCall = (number: number, text: string, call: string) =>
  `/onnxruntime_src/onnxruntime/core/providers/cuda/cuda_call.cc:130 std::conditional_t<THRW, void, onnxruntime::common::Status> onnxruntime::CudaCall(ERRTYPE, const char*, const char*, SUCCTYPE, const char*, const char*, int) [with ERRTYPE = cudaError] CUDA failure ${number}: ${text} ; GPU=0 ; hostname=host ; expr=${call};`;

describe('a failure of CUDA', () => {
  it.each([
    ['libcuda.so.1: cannot open shared object file: No such file or directory', 'There is no NVIDIA driver'],
    [
      cudaCall(35, 'CUDA driver version is insufficient for CUDA runtime version', 'cudaSetDevice(0)'),
      'driver is too old',
    ],
    [cudaCall(100, 'no CUDA-capable device is detected', 'cudaSetDevice(0)'), 'finds no card'],
    [cudaCall(101, 'invalid device ordinal', 'cudaSetDevice(7)'), 'no card of this number'],
    [
      cudaCall(209, 'no kernel image is available for execution on the device', 'cudaGetLastError()'),
      'too old for these',
    ],
    [cudaCall(2, 'out of memory', 'cudaMalloc((void**)&p, size)'), 'memory of the graphics card'],
    [
      'bfc_arena.cc:376 Failed to allocate memory for requested buffer of size 1244659712',
      'memory of the graphics card',
    ],
    ['CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0', 'memory of the graphics card'],
    [
      '/cache/libcublasLt.so.13: cannot open shared object file: No such file or directory',
      'CUDA libraries cannot be loaded',
    ],
    ['OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library', 'CUDA libraries cannot be loaded'],
    [cudaCall(719, 'unspecified launch failure', 'cudaStreamSynchronize(s)'), 'The graphics card failed'],
  ])('%s', (message, told) => {
    const error = failure(cuda, message);
    expect(error).toMatchObject({ kind: 'device', exitCode: 3, where: 'base/model.onnx' });
    expect(error.message).toContain(told);
    expect(error.remedy).toBeDefined();
    expect(`${error.got}`).not.toMatch(/onnxruntime_src|cuda_call\.cc|hostname/);
  });

  it('is told apart from a model that is wrong', () => {
    expect(failure(cuda, 'Node (q) has input size 2 not in range [min=3, max=6].').kind).toBe('runtime');
  });
});

describe('a failure of WebGPU', () => {
  it.each([
    ['Failed to get a WebGPU adapter: No supported adapters', 'finds no graphics driver'],
    ['Program Gather requires f16 but the device does not support it.', 'cannot compute in 16-bit floats'],
  ])('%s', (message, told) => {
    expect(failure(webgpu, message)).toMatchObject({ kind: 'device' });
    expect(failure(webgpu, message).message).toContain(told);
  });
});

it('says nothing of devices on the CPU', () => {
  expect(failure({ kind: 'cpu' }, 'out of memory').kind).toBe('runtime');
});
