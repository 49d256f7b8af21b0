import { stat } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { deviceError, type FtLensError } from '../../errors.ts';
import type { CudaManifest } from './manifest-schema.ts';
import { readCudaManifest } from './manifest.ts';

/** CUDA libraries that are there, as their manifest says. */
export interface InstalledCuda {
  readonly folder: string;
  readonly manifest: CudaManifest;
  /** absolute, in the order in which a process loads them; the last is ONNX Runtime's core */
  readonly loadOrder: readonly string[];
}

const SETUP = 'ft-lens setup cuda';

/**
 * The CUDA libraries in a folder, or why they cannot be used. Names and sizes are compared, not hashes: this runs
 * before every analysis.
 * @param pinned what this version of ft-lens needs
 */
export async function findInstalled(
  folder: string,
  pinned: { readonly onnxruntime: string; readonly loadOrder: readonly string[] },
): Promise<InstalledCuda | FtLensError> {
  const manifest = await readCudaManifest(folder).catch((error: unknown) => error as FtLensError);
  if (manifest === undefined)
    return deviceError('The CUDA libraries are not set up.', {
      where: folder,
      remedy: SETUP,
    });
  if (manifest instanceof Error)
    return deviceError('The CUDA libraries cannot be read.', {
      where: folder,
      got: manifest.message,
      remedy: SETUP,
      cause: manifest,
    });
  if (manifest.onnxruntime !== pinned.onnxruntime)
    return deviceError('The CUDA libraries belong to another version of ONNX Runtime.', {
      where: folder,
      expected: pinned.onnxruntime,
      got: manifest.onnxruntime,
      remedy: SETUP,
    });
  const damage = await findDamage(folder, manifest);
  if (damage !== undefined) return damage;
  const paths = new Map(manifest.libraries.map(({ name, path }) => [name, libraryPath(folder, path)]));
  const loadOrder = pinned.loadOrder.map((name) => paths.get(name));
  const missing = pinned.loadOrder.find((name) => !paths.has(name));
  if (missing !== undefined) return lacks(join(folder, missing), 'no such library in its manifest');
  return { folder: resolve(folder), manifest, loadOrder: loadOrder as string[] };
}

/** @param path as in the manifest */
export function libraryPath(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path);
}

async function findDamage(folder: string, manifest: CudaManifest): Promise<FtLensError | undefined> {
  for (const { path, bytes } of manifest.libraries) {
    const file = libraryPath(folder, path);
    const status = await stat(file).catch(() => undefined);
    if (status === undefined) return lacks(file, 'no such file');
    if (status.size !== bytes) return lacks(file, `${status.size} bytes instead of ${bytes}`);
  }
  return undefined;
}

function lacks(where: string, got: string): FtLensError {
  return deviceError('A CUDA library is not as it was set up.', { where, got, remedy: SETUP });
}
