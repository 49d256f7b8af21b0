import { FtLensError } from '../errors.ts';
import type { AnalyzeSettings } from './request.ts';

/** @throws FtLensError (device) for a device that is named and cannot be used: never another one instead */
export function usableDevice(device: AnalyzeSettings['device']): 'cpu' {
  if (device === 'auto' || device === 'cpu') return 'cpu';
  throw new FtLensError(`${device === 'cuda' ? 'CUDA' : 'WebGPU'} was asked for and cannot be used.`, {
    kind: 'device',
    where: `--device ${device}`,
    expected: 'cpu, the only device that this version runs models on',
    got: device,
    remedy: '--device cpu',
  });
}
