import { constants } from 'node:os';
import type { EngineDevice } from '../engine-device.ts';

/** Keeps a library mapped although Node.js closes what turns out to be no addon (glibc's RTLD_NODELETE). */
const NEVER_UNLOAD = 0x1000;

/**
 * Maps the shared libraries that a device needs before ONNX Runtime is loaded: the dynamic linker then finds them by
 * name wherever they lie, and ONNX Runtime's providers beside the library that is already mapped.
 * @throws when one of them cannot be loaded, with the linker's reason
 */
export function loadLibraries(device: EngineDevice): void {
  if (device.kind === 'cuda') for (const file of device.libraries) load(file);
  if (device.kind === 'webgpu' && device.vulkanLibrary !== undefined) load(device.vulkanLibrary);
}

function load(file: string): void {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_NOW | NEVER_UNLOAD);
  } catch (error) {
    // A plain library is mapped, and then refused for not being an addon.
    if (!(error instanceof Error) || !error.message.includes('did not self-register')) throw error;
  }
}
