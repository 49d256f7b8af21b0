import { describe, expect, it } from 'vitest';
import { crashed, refused, withoutSourcePaths } from '../../../src/analysis/engine/failures.ts';

const activity = { phase: 'loading', where: 'export/model.onnx' } as const;

describe('withoutSourcePaths', () => {
  // Messages of ONNX Runtime 1.30.0.
  it.each([
    [
      "Non-zero status code returned while running Reshape node. Name:'/r' Status Message: /onnxruntime_src/onnxruntime/core/providers/cpu/tensor/reshape_helper.h:47 onnxruntime::ReshapeHelper::ReshapeHelper(const onnxruntime::TensorShape&, onnxruntime::TensorShapeVector&, bool) input_shape_size == size was false. The input tensor cannot be reshaped to the requested shape. Input shape:{2}, requested shape:{3}",
      "Non-zero status code returned while running Reshape node. Name:'/r' Status Message: input_shape_size == size was false. The input tensor cannot be reshaped to the requested shape. Input shape:{2}, requested shape:{3}",
    ],
    [
      "Non-zero status code returned while running ConstantOfShape node. Name:'/r' Status Message: /onnxruntime_src/onnxruntime/core/framework/bfc_arena.cc:360 void* onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*) Failed to allocate memory for requested buffer of size 140737488355328\n",
      "Non-zero status code returned while running ConstantOfShape node. Name:'/r' Status Message: Failed to allocate memory for requested buffer of size 140737488355328",
    ],
    [
      'External data path validation failed for initializer: w. Error: tensorprotoutils.cc:461 ValidateExternalDataPathFromDir External data path does not exist (for w) here',
      'External data path validation failed for initializer: w. Error: External data path does not exist (for w) here',
    ],
    [
      '/onnxruntime_src/onnxruntime/core/providers/webgpu/webgpu_context.cc:136 onnxruntime::webgpu::WebGpuContext::Initialize(const onnxruntime::webgpu::WebGpuContextConfig&)::<lambda()> adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters',
      'adapter_result.status == wgpu::RequestAdapterStatus::Success was false. Failed to get a WebGPU adapter: No supported adapters',
    ],
    [
      'This is an invalid model. In Node, ("/r", Nope, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for Nope with domain_version of 21',
      'This is an invalid model. In Node, ("/r", Nope, "", -1) : ("x": tensor(float),) -> ("y": tensor(float),) , Error No Op registered for Nope with domain_version of 21',
    ],
  ])('leaves what a reader can use', (message, expected) => {
    expect(withoutSourcePaths(message)).toBe(expected);
  });

  it('cuts what is too long to read', () => {
    expect(withoutSourcePaths('x'.repeat(2_000_000)).length).toBeLessThan(500);
  });
});

describe('failures', () => {
  it('say what crashed and where', () => {
    expect(crashed({ code: null, signal: 'SIGSEGV', errorText: '' }, activity)).toMatchObject({
      message: 'The runtime crashed on this model.',
      where: 'export/model.onnx (loading)',
      got: 'signal SIGSEGV',
      exitCode: 3,
    });
  });

  it('think of memory when the system killed the runtime', () => {
    expect(crashed({ code: null, signal: 'SIGKILL', errorText: '' }, activity).message).toContain('memory');
  });

  it('do not blame the model for a crash at the start', () => {
    const starting = { phase: 'starting the runtime', where: 'onnxruntime-node' } as const;
    expect(crashed({ code: null, signal: 'SIGSEGV', errorText: '' }, starting)).toMatchObject({
      message: 'The runtime crashed while it started.',
      where: 'onnxruntime-node',
    });
  });

  it.each([
    // As V8, the C++ library and ONNX Runtime end a process that has no memory left.
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  std::bad_alloc",
  ])('say that the memory does not suffice when the runtime died of it: %s', (errorText) => {
    expect(crashed({ code: null, signal: 'SIGABRT', errorText }, activity)).toMatchObject({
      message: 'The memory of this machine does not suffice.',
      where: 'export/model.onnx (loading)',
      remedy: expect.stringContaining('--positions'),
    });
  });

  it.each([
    'Exception during initialization: std::bad_alloc',
    'Failed to allocate memory for requested buffer of size 140737488355328',
  ])('say so when the runtime itself does: %s', (message) => {
    expect(refused(message, activity)).toMatchObject({
      message: 'The memory of this machine does not suffice.',
      exitCode: 3,
    });
  });

  it('quote why a runtime could not start', () => {
    // As Node.js 20 writes it.
    const errorText = [
      'node:internal/modules/cjs/loader:1460',
      '  return process.dlopen(module, path.toNamespacedPath(filename));',
      '                 ^',
      '',
      "Error: /lib/libc.so.6: version `GLIBC_2.28' not found (required by libonnxruntime.so.1)",
      '    at Module._extensions..node (node:internal/modules/cjs/loader:1460:18) {',
      "  code: 'ERR_DLOPEN_FAILED'",
      '}',
      '',
      'Node.js v20.19.0',
      '',
    ].join('\n');
    expect(crashed({ code: 1, signal: null, errorText }, activity).got).toBe(
      "exit code 1: Error: /lib/libc.so.6: version `GLIBC_2.28' not found (required by libonnxruntime.so.1)",
    );
  });

  it('quote the last line of any other program', () => {
    const end = { code: 127, signal: null, errorText: 'loading\nGLIBC_2.28 not found\n' };
    expect(crashed(end, activity).got).toBe('exit code 127: GLIBC_2.28 not found');
  });

  it('tell loading from running', () => {
    expect(refused('no', activity).message).toBe('ONNX Runtime cannot load this model.');
    expect(refused('no', { ...activity, phase: 'running' }).message).toBe('ONNX Runtime failed on this model.');
  });
});
