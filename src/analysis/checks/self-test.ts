import { FtLensError } from '../../errors.ts';
import type { Check } from '../../report/schema.ts';
import type { Side } from '../progress.ts';
import type { DeviceKind } from '../surgery/fit-device.ts';

/**
 * How far a device's first layer may be from the CPU's, relative to what the layer adds to the stream. CUDA computes
 * experts and attention in f16, which is good to 1e-3; WebGPU rounds what goes into the experts to 8 bits, good to some
 * 1e-2. Weights in a wrong layout, or a kernel that does not fit the card, are 1 and more off.
 */
const LIMITS: Readonly<Record<Exclude<DeviceKind, 'cpu'>, number>> = { cuda: 0.02, webgpu: 0.1 };

/** What {@link layerDifference} compares, row-major. */
export interface LayerStates {
  /** the embedding // (tokens, D) f32 */
  readonly before: Float32Array;
  /** after the first layer, by the CPU // (tokens, D) f32 */
  readonly onCpu: Float32Array;
  /** the same by the device, once for every run */
  readonly onDevice: readonly Float32Array[];
}

/**
 * ‖device − CPU‖ / ‖CPU − embedding‖ of the worst token and run. Of several tokens one may be off in every run: where
 * two experts are nearly equally good, the device may rightly choose the other.
 */
export function layerDifference({ before, onCpu, onDevice }: LayerStates, hidden: number): number {
  const ofRun = (states: Float32Array): number => {
    const differences: number[] = [];
    for (let start = 0; start < onCpu.length; start += hidden) {
      let [difference, added] = [0, 0];
      for (let i = start; i < start + hidden; i += 1) {
        difference += (states[i]! - onCpu[i]!) ** 2;
        added += (onCpu[i]! - before[i]!) ** 2;
      }
      differences.push(difference === 0 ? 0 : Math.sqrt(difference / added));
    }
    differences.sort((a, b) => (Number.isNaN(a) || a > b ? -1 : 1));
    return differences[differences.length > 1 ? 1 : 0] as number;
  };
  return Math.max(...onDevice.map(ofRun));
}

/**
 * The check of a device that passed.
 * @throws FtLensError (device) when it computes something else than the CPU: no row of its report could be believed
 */
export function checkDevice(model: Side, device: Exclude<DeviceKind, 'cpu'>, value: number, where: string): Check {
  const limit = LIMITS[device];
  if (!(value <= limit))
    throw new FtLensError('The device computes something else than the CPU.', {
      kind: 'device',
      where: `${where}, first layer`,
      expected: `a difference of at most ${limit}, relative to what the layer adds`,
      got: Number.isFinite(value) ? value.toPrecision(3) : 'numbers that are not finite',
      remedy:
        '--device cpu; the driver or its libraries do not compute this model rightly (--no-self-test reads it all the same)',
    });
  return {
    id: 'device-equals-cpu',
    model,
    status: device === 'webgpu' ? 'warn' : 'pass',
    value,
    limit,
    message:
      device === 'webgpu'
        ? 'The first layer is the same on WebGPU and on the CPU within the limit, but WebGPU rounds the input of the experts to 8 bits: differences of a few percent are not the model.'
        : 'The first layer is the same on the device and on the CPU.',
  };
}
