import { deviceError, FtLensError } from '../errors.ts';
import { asClause } from '../setup/as-clause.ts';
import { type CudaMachine, examineCuda, installedCuda, usableCuda } from '../setup/cuda-availability.ts';
import type { Gpu } from '../setup/machine/gpus.ts';
import { vulkanLibrary } from '../setup/machine/vulkan.ts';
import { formatSize } from '../setup/units.ts';
import type { EngineDevice } from './engine/engine-device.ts';
import type { GpuMemory } from './model/gpu-memory.ts';
import type { AnalyzeSettings } from './request.ts';

/** The device of a run. */
export interface ChosenDevice {
  readonly device: EngineDevice;
  /** whether `auto` chose it */
  readonly automatic: boolean;
  /** why `auto` took the CPU, or which card it is: a few words for people */
  readonly detail: string | undefined;
  /** the card, where it is known */
  readonly gpu?: Gpu | undefined;
}

/**
 * The device to start with. `auto` takes CUDA when everything that it needs is there, and the CPU otherwise.
 * @throws FtLensError (device) for CUDA by name when it cannot be used: never another device instead
 */
export async function chooseDevice(
  requested: AnalyzeSettings['device'],
  examine: () => Promise<CudaMachine> = examineCuda,
): Promise<ChosenDevice> {
  const automatic = requested === 'auto';
  if (requested === 'cpu') return { device: { kind: 'cpu' }, automatic, detail: undefined };
  if (requested === 'webgpu')
    return { device: { kind: 'webgpu', vulkanLibrary: vulkanLibrary() }, automatic, detail: undefined };
  // Asking the driver takes a tenth of a second or more: not without the libraries to use it.
  if (automatic && (await installedCuda()) instanceof FtLensError) return onCpu('no CUDA libraries');
  const cuda = usableCuda(await examine());
  if (cuda instanceof FtLensError) {
    if (automatic) return onCpu(asClause(cuda.message));
    throw orOnCpu(cuda);
  }
  const { gpu } = cuda;
  const device: EngineDevice = { kind: 'cuda', libraries: cuda.libraries.loadOrder, gpu: gpu?.uuid };
  return { device, automatic, detail: gpu && describeGpu(gpu), gpu };
}

/**
 * The chosen device when the models fit into its memory; `auto` goes to the CPU otherwise.
 * @throws FtLensError (device) for a device by name that has too little memory
 */
export function requireMemory(chosen: ChosenDevice, { weights, working }: GpuMemory): ChosenDevice {
  const { gpu, automatic } = chosen;
  const free = gpu?.freeBytes;
  const needed = weights + working;
  if (gpu === undefined || free === undefined || needed <= free) return chosen;
  if (automatic) return onCpu(`${formatSize(needed)} needed, ${formatSize(free)} free on ${gpu.name}`);
  const total = gpu.totalBytes ?? free;
  throw deviceError('The memory of the graphics card does not suffice.', {
    where: gpu.name,
    expected: `${formatSize(needed)} free (${formatSize(weights)} of weights)`,
    got: `${formatSize(free)} free of ${formatSize(total)}`,
    remedy:
      needed <= total
        ? 'end the other programs on the card (nvidia-smi lists them), or --device cpu'
        : `--device cpu; on this card weights of ${formatSize(Math.max(total - working, 0))} fit (ft-lens export --bits 4 is the smallest)`,
  });
}

/** The problem of a device that was named: the CPU can always take its place, when the user says so. */
function orOnCpu({ message, where, expected, got, remedy, cause }: FtLensError): FtLensError {
  const both = remedy === undefined ? '--device cpu' : `${remedy}, or --device cpu`;
  return deviceError(message, {
    where: `--device cuda: ${where ?? 'this machine'}`,
    expected,
    got,
    remedy: both,
    cause,
  });
}

function onCpu(reason: string): ChosenDevice {
  return { device: { kind: 'cpu' }, automatic: true, detail: reason };
}

function describeGpu({ name, freeBytes }: Gpu): string {
  return freeBytes === undefined ? name : `${name}, ${formatSize(freeBytes)} free`;
}
