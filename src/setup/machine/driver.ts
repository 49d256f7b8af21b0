import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { deviceError, type FtLensError } from '../../errors.ts';
import { tryToLoad } from './load-libraries.ts';

/** The NVIDIA driver as this process would find it. */
export interface Driver {
  /** real path of libcuda */
  readonly library: string;
  /** such as 580.65.06; undefined when nothing on the machine says it */
  readonly version: string | undefined;
}

/** The first branch of the driver that runs programs of CUDA 13. */
const OLDEST_DRIVER = 580;

const DRIVER_LIBRARY = 'libcuda.so.1';

/** The driver, or why there is none. It is loaded in a process of its own. */
export async function findDriver(
  environment = process.env,
  kernelFile = '/proc/driver/nvidia/version',
): Promise<Driver | FtLensError> {
  const result = await tryToLoad([DRIVER_LIBRARY], environment).catch((error: Error) => error);
  const failure = result instanceof Error ? result.message : result.failures[DRIVER_LIBRARY];
  if (result instanceof Error || failure !== undefined) return noDriver(failure ?? '');
  const library = result.mapped.find((path) => basename(path).startsWith('libcuda.so')) ?? DRIVER_LIBRARY;
  // The library's own version counts: a newer one than the kernel module's is what CUDA's compatibility package brings.
  const version = versionIn(basename(library)) ?? (await kernelVersion(kernelFile));
  return { library, version };
}

/** Why a driver that is there cannot run these libraries, if so. One whose version nothing says is believed. */
export function driverProblem({ library, version }: Driver): FtLensError | undefined {
  if (version === undefined || Number.parseInt(version, 10) >= OLDEST_DRIVER) return undefined;
  return deviceError('The NVIDIA driver is too old for these CUDA libraries.', {
    where: library,
    expected: `driver ${OLDEST_DRIVER} or newer, for CUDA 13`,
    got: version,
    remedy: 'update the driver',
  });
}

function noDriver(reason: string): FtLensError {
  return deviceError('There is no NVIDIA driver on this machine.', {
    where: DRIVER_LIBRARY,
    expected: 'the driver of an NVIDIA card',
    got: reason.includes('cannot open shared object file') ? 'no such library' : reason,
    remedy: 'install the driver (in a container: start it with access to the card)',
  });
}

/** `580.65.06` in `libcuda.so.580.65.06`, or in the line that the kernel module shows */
function versionIn(text: string): string | undefined {
  return /\b(\d{3,4}\.\d+(?:\.\d+)?)\b/.exec(text)?.[1];
}

async function kernelVersion(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return versionIn(text);
}
