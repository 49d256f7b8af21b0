import type { Memory } from '../machine/memory.ts';
import type { RuntimeCopy } from '../machine/runtime-copies.ts';
import type { Vulkan } from '../machine/vulkan.ts';
import { formatSize } from '../units.ts';
import type { DoctorCheck } from './report.ts';

/** A 4-bit export of a 30B-A3B model, in bytes. */
const LARGE_EXPORT_BYTES = 16.9e9;

/** Below this even small exports do not find room, in bytes. */
const LITTLE_DISK_BYTES = 1e9;

/** @param oldest such as 20.19 */
export function nodeCheck(version: string, oldest: string): DoctorCheck {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  const enough = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  const text = `${version} (needs ${oldest})`;
  return enough
    ? { id: 'node', status: 'pass', text }
    : { id: 'node', status: 'fail', text, remedy: 'install a newer Node.js' };
}

/**
 * @param copies of onnxruntime-node in the tree
 * @param started the version that the runtime's own process said, or why it did not start
 * @param needed the version that ft-lens was made for
 */
export function runtimeCheck(copies: readonly RuntimeCopy[], started: string | Error, needed: string): DoctorCheck {
  const id = 'runtime';
  if (started instanceof Error)
    return { id, status: 'fail', text: started.message, remedy: 'install ft-lens again (npm ci)' };
  if (copies.length > 1) {
    const list = copies.map(({ folder, version }) => `${version} in ${folder}`).join('; ');
    const remedy = 'install ft-lens on its own, so that npm keeps one copy';
    return { id, status: 'warn', text: `${copies.length} copies of onnxruntime-node: ${list}`, remedy };
  }
  if (started !== needed) {
    const remedy = 'install ft-lens again, without overrides of onnxruntime-node';
    return { id, status: 'warn', text: `onnxruntime ${started}; ft-lens was made for ${needed}`, remedy };
  }
  return { id, status: 'pass', text: `onnxruntime ${started}, one copy; starts and runs on the CPU` };
}

export function memoryCheck({ totalBytes, availableBytes }: Memory): DoctorCheck {
  const text = `${formatSize(totalBytes)}, ${formatSize(availableBytes)} available`;
  if (availableBytes >= LARGE_EXPORT_BYTES) return { id: 'memory', status: 'pass', text };
  const large = `a 4-bit 30B-A3B model takes ${formatSize(LARGE_EXPORT_BYTES)}, and is read from the disk again where it does not fit`;
  return { id: 'memory', status: 'warn', text: `${text}; ${large}` };
}

/**
 * @param folder where exports would be made
 * @param freeBytes undefined where the file system does not tell
 */
export function diskCheck(folder: string, freeBytes: number | undefined): DoctorCheck {
  if (freeBytes === undefined)
    return { id: 'disk', status: 'pass', text: `the file system of ${folder} does not tell what is free` };
  const text = `${formatSize(freeBytes)} free in ${folder}`;
  if (freeBytes >= LITTLE_DISK_BYTES) return { id: 'disk', status: 'pass', text };
  return { id: 'disk', status: 'warn', text, remedy: 'exports need room: give --out a folder on another disk' };
}

/** @param vulkan undefined where WebGPU uses what the system brings (macOS, Windows) */
export function vulkanCheck(vulkan: Vulkan | undefined): DoctorCheck {
  const id = 'vulkan';
  if (vulkan === undefined) return { id, status: 'pass', text: 'not needed here: WebGPU uses what the system brings' };
  const remedy = 'for --device webgpu only: install a Vulkan driver and its loader (libvulkan1)';
  if (!vulkan.loader) return { id, status: 'absent', text: 'no Vulkan loader (libvulkan.so.1)', remedy };
  if (vulkan.drivers.length === 0) return { id, status: 'absent', text: 'a loader, but no driver', remedy };
  return { id, status: 'pass', text: `loader, and ${vulkan.drivers.join(', ')}; --device webgpu can be tried` };
}
