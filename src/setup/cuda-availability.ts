import { deviceError, FtLensError } from '../errors.ts';
import { cudaFolder } from './cuda/cuda-folder.ts';
import { findInstalled, type InstalledCuda } from './cuda/installed.ts';
import { CUDA_LIBRARIES } from './cuda/pinned.ts';
import { type Driver, driverProblem, findDriver } from './machine/driver.ts';
import { platformProblem } from './machine/platform.ts';
import { findGpus, type Gpu, OLDEST_COMPUTE_CAPABILITY } from './machine/gpus.ts';

/** What CUDA needs, each part by itself: there, or the reason why not. */
export interface CudaMachine {
  readonly libraries: InstalledCuda | FtLensError;
  readonly driver: Driver | FtLensError;
  /** undefined when nothing here can list cards: then only a session tells */
  readonly gpus: readonly Gpu[] | FtLensError | undefined;
}

/** CUDA as far as it can be told without starting it. */
export interface UsableCuda {
  readonly libraries: InstalledCuda;
  readonly driver: Driver;
  /** the card to use: of those that are new enough, the one with most free memory; undefined when unknown */
  readonly gpu: Gpu | undefined;
}

/** The CUDA libraries of this version of ft-lens on this machine, or why they cannot be used. */
export function installedCuda(environment = process.env): Promise<InstalledCuda | FtLensError> {
  return findInstalled(cudaFolder(CUDA_LIBRARIES.onnxruntime, environment), CUDA_LIBRARIES);
}

/** Looks at everything that CUDA needs; nothing of it is loaded into this process. */
export async function examineCuda(environment = process.env): Promise<CudaMachine> {
  const problem = platformProblem(process.platform, process.arch);
  if (problem !== undefined) return { libraries: problem, driver: problem, gpus: problem };
  const [libraries, driver, gpus] = await Promise.all([
    installedCuda(environment),
    findDriver(environment),
    findGpus(environment),
  ]);
  return { libraries, driver, gpus };
}

/**
 * CUDA on this machine, or the first reason why it cannot be used. Libraries come last: without a driver and a card
 * they are of no use.
 */
export function usableCuda({ libraries, driver, gpus }: CudaMachine): UsableCuda | FtLensError {
  if (driver instanceof FtLensError) return driver;
  const tooOld = driverProblem(driver);
  if (tooOld !== undefined) return tooOld;
  if (gpus instanceof FtLensError) return gpus;
  const gpu = gpus && bestGpu(gpus);
  if (gpu instanceof FtLensError) return gpu;
  if (libraries instanceof FtLensError) return libraries;
  return { libraries, driver, gpu };
}

/** Of the cards that are new enough, the one with most free memory. */
export function bestGpu(gpus: readonly Gpu[]): Gpu | FtLensError {
  const able = gpus.filter(({ computeCapability = Infinity }) => computeCapability >= OLDEST_COMPUTE_CAPABILITY);
  const [best] = able.toSorted((a, b) => (b.freeBytes ?? 0) - (a.freeBytes ?? 0));
  return (
    best ??
    deviceError('This card is too old for these CUDA libraries.', {
      where: gpus.map(({ name }) => name).join(', '),
      expected: `compute capability ${OLDEST_COMPUTE_CAPABILITY} or higher`,
      got: gpus.map(({ computeCapability }) => computeCapability).join(', '),
      remedy: '--device cpu',
    })
  );
}
