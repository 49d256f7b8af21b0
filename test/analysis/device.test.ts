import { describe, expect, test } from 'vitest';
import { chooseDevice, type ChosenDevice, requireMemory } from '../../src/analysis/device.ts';
import { deviceError } from '../../src/errors.ts';
import type { CudaMachine } from '../../src/setup/cuda-availability.ts';
import { GPU, WORKING_CUDA } from '../setup/working-cuda.ts';

const examine =
  (machine: CudaMachine = WORKING_CUDA) =>
  () =>
    Promise.resolve(machine);
const neverAsked = () => Promise.reject(new Error('the driver was asked'));

describe('the device', () => {
  test('that is named needs nothing else', async () => {
    expect(await chooseDevice('cpu', neverAsked)).toEqual({
      device: { kind: 'cpu' },
      automatic: false,
      detail: undefined,
    });
    expect(await chooseDevice('webgpu', neverAsked)).toMatchObject({ device: { kind: 'webgpu' }, automatic: false });
  });

  test('auto without libraries is the CPU, and no driver is asked', async () => {
    expect(await chooseDevice('auto', neverAsked)).toEqual({
      device: { kind: 'cpu' },
      automatic: true,
      detail: 'no CUDA libraries',
    });
  });

  test('cuda by name', async () => {
    expect(await chooseDevice('cuda', examine())).toEqual({
      device: {
        kind: 'cuda',
        libraries: ['/cache/cuda/libcudart.so.13', '/cache/cuda/libonnxruntime.so.1.30.0'],
        gpu: 'GPU-1234',
      },
      automatic: false,
      detail: 'NVIDIA RTX 4090, 24.1 GB free',
      gpu: GPU,
    });
    expect(await chooseDevice('cuda', examine({ ...WORKING_CUDA, gpus: undefined }))).toMatchObject({
      device: { kind: 'cuda', gpu: undefined },
      detail: undefined,
    });
  });

  test('cuda by name that cannot be used is an error with every remedy, never the CPU', async () => {
    const libraries = deviceError('The CUDA libraries are not set up.', { where: '/x', remedy: 'ft-lens setup cuda' });
    await expect(chooseDevice('cuda', examine({ ...WORKING_CUDA, libraries }))).rejects.toMatchObject({
      exitCode: 3,
      message: 'The CUDA libraries are not set up.',
      where: '--device cuda: /x',
      remedy: 'ft-lens setup cuda, or --device cpu',
    });
  });
});

describe('memory', () => {
  const cuda = (automatic: boolean, free = 24.1e9): ChosenDevice => ({
    device: { kind: 'cuda', libraries: [], gpu: GPU.uuid },
    automatic,
    detail: undefined,
    gpu: { ...GPU, freeBytes: free },
  });
  const needs = { weights: 16.5e9, working: 1.5e9 };

  test('that suffices, or is not known, changes nothing', () => {
    for (const chosen of [cuda(true), cuda(false, 18e9), { ...cuda(false), gpu: undefined }])
      expect(requireMemory(chosen, needs)).toBe(chosen);
    const cpu: ChosenDevice = { device: { kind: 'cpu' }, automatic: true, detail: undefined };
    expect(requireMemory(cpu, needs)).toBe(cpu);
  });

  test('that does not suffice sends auto to the CPU, with both numbers', () => {
    expect(requireMemory(cuda(true, 9.8e9), needs)).toMatchObject({
      device: { kind: 'cpu' },
      detail: '18.0 GB needed, 9.8 GB free on NVIDIA RTX 4090',
    });
  });

  test('that is taken by others is an error for cuda by name', () => {
    expect(() => requireMemory(cuda(false, 9.8e9), needs)).toThrow(
      expect.objectContaining({
        exitCode: 3,
        message: 'The memory of the graphics card does not suffice.',
        expected: '18.0 GB free (16.5 GB of weights)',
        got: '9.8 GB free of 25.7 GB',
        remedy: 'end the other programs on the card (nvidia-smi lists them), or --device cpu',
      }),
    );
  });

  test('that the card does not have at all: the error says what would fit', () => {
    expect(() => requireMemory(cuda(false), { weights: 31e9, working: 1.5e9 })).toThrow(
      expect.objectContaining({ remedy: expect.stringContaining('weights of 24.2 GB fit') as string }),
    );
  });
});
