import { deviceError, type FtLensError } from '../../errors.ts';

/** Why ONNX Runtime's CUDA provider cannot run on this kind of machine, if so: its libraries are Linux on x86-64 only. */
export function platformProblem(platform: string, architecture: string): FtLensError | undefined {
  if (platform === 'linux' && architecture === 'x64') return undefined;
  return deviceError('CUDA is not available on this kind of machine.', {
    expected: 'Linux on x86-64',
    got: `${platform} on ${architecture}`,
    remedy: '--device cpu, which needs no setup',
  });
}
