import { dirname, isAbsolute } from 'node:path';
import { FtLensError } from '../../errors.ts';
import { asClause } from '../as-clause.ts';
import { bestGpu, type CudaMachine } from '../cuda-availability.ts';
import type { InstalledCuda } from '../cuda/installed.ts';
import { type Driver, driverProblem } from '../machine/driver.ts';
import type { Gpu } from '../machine/gpus.ts';
import { formatSize } from '../units.ts';
import type { DoctorCheck } from './report.ts';

type BadStatus = 'fail' | 'absent';

/** Driver, card and libraries. A machine without a driver has nothing wrong with it: it is none for CUDA. */
export function cudaChecks({ driver, gpus, libraries }: CudaMachine): DoctorCheck[] {
  const bad: BadStatus = driver instanceof FtLensError ? 'absent' : 'fail';
  return [driverCheck(driver), gpuCheck(gpus, bad), librariesCheck(libraries, bad)];
}

function driverCheck(driver: Driver | FtLensError): DoctorCheck {
  if (driver instanceof FtLensError) return problem('driver', 'absent', driver);
  const tooOld = driverProblem(driver);
  if (tooOld !== undefined) return problem('driver', 'fail', tooOld);
  return { id: 'driver', status: 'pass', text: `NVIDIA ${driver.version ?? 'of unknown version'}, ${driver.library}` };
}

function gpuCheck(gpus: CudaMachine['gpus'], bad: BadStatus): DoctorCheck {
  if (gpus instanceof FtLensError) return problem('gpu', bad, gpus);
  if (gpus === undefined) {
    if (bad === 'absent') return { id: 'gpu', status: bad, text: 'no card is known (no nvidia-smi)' };
    const text = 'only a run tells: no nvidia-smi, or CUDA_VISIBLE_DEVICES names what it does not list';
    return { id: 'gpu', status: 'warn', text };
  }
  const best = bestGpu(gpus);
  if (best instanceof FtLensError) return problem('gpu', 'fail', best);
  return { id: 'gpu', status: 'pass', text: gpus.map(describe).join('; ') };
}

function describe({ name, freeBytes, totalBytes, computeCapability }: Gpu): string {
  const memory =
    freeBytes === undefined || totalBytes === undefined
      ? 'memory not known'
      : `${formatSize(freeBytes)} free of ${formatSize(totalBytes)}`;
  const capability = computeCapability === undefined ? '' : `, compute capability ${computeCapability.toFixed(1)}`;
  return `${name}, ${memory}${capability}`;
}

function librariesCheck(libraries: InstalledCuda | FtLensError, bad: BadStatus): DoctorCheck {
  if (libraries instanceof FtLensError) return problem('cuda', bad, libraries);
  const { folder, manifest } = libraries;
  const toolkit = manifest.libraries.find(({ path }) => isAbsolute(path));
  const other = toolkit === undefined ? '' : `, and the CUDA toolkit in ${dirname(toolkit.path)}`;
  const text = `libraries for onnxruntime ${manifest.onnxruntime} in ${folder}${other}`;
  return { id: 'cuda', status: 'pass', text };
}

function problem(id: DoctorCheck['id'], status: BadStatus, error: FtLensError): DoctorCheck {
  const got = error.got === undefined ? '' : ` (${error.got})`;
  const text = asClause(error.message) + got;
  return { id, status, text, ...(error.remedy !== undefined && { remedy: error.remedy }) };
}
