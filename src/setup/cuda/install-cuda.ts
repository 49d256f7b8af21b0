import { stat } from 'node:fs/promises';
import { deviceError } from '../../errors.ts';
import { requireSpace } from '../../export/folder/disk-space.ts';
import { hashFile } from '../../export/folder/hash-file.ts';
import type { Toolkit } from '../toolkit/find-toolkit.ts';
import { addCopies } from './add-copies.ts';
import { addWheels } from './add-wheels.ts';
import { CudaBuild, keptBytes } from './cuda-build.ts';
import type { InstallOptions } from './install-options.ts';
import { libraryPath } from './installed.ts';
import type { CudaManifest, InstalledLibrary } from './manifest-schema.ts';
import { writeCudaManifest } from './manifest.ts';
import type { PinnedSet } from './pinned.ts';
import type { CudaPlan } from './plan.ts';

/** Bytes kept free beside the files themselves. */
const RESERVE_BYTES = 100e6;

/**
 * Carries out a plan: fetches, verifies and unpacks one wheel after the other, and gives the whole its name at the end.
 * @param folder absolute
 * @throws FtLensError; the folder is then as it was, and what was fetched is kept beside it for another run
 */
export async function installCuda(
  plan: CudaPlan,
  pinned: PinnedSet,
  folder: string,
  options: InstallOptions,
): Promise<CudaManifest> {
  const build = await CudaBuild.start(folder);
  try {
    const planned = new Set(plan.wheels.map(({ wheel }) => wheel.file));
    const kept = await keptBytes(folder, (name) => planned.has(name));
    await requireSpace(build.files, plan.peakBytes - kept + RESERVE_BYTES, options.readSpace);
    const libraries = [
      ...(await addWheels(build, plan.wheels, options)),
      ...(await addCopies(build, plan.copies, options)),
      ...(await toolkitLibraries(plan.toolkit, options.signal)),
    ];
    await requireLoadable(build.files, libraries, pinned, options);
    const manifest: CudaManifest = {
      schema: 'ft-lens.cuda',
      schemaVersion: '1.0',
      onnxruntime: pinned.onnxruntime,
      wheels: plan.wheels.map(({ wheel: { file, bytes, sha256 } }) => ({ file, bytes, sha256 })),
      libraries,
    };
    await writeCudaManifest(build.files, manifest);
    options.signal?.throwIfAborted();
    await build.publish();
    return manifest;
  } finally {
    await build.end();
  }
}

async function toolkitLibraries(
  toolkit: Toolkit | undefined,
  signal: AbortSignal | undefined,
): Promise<InstalledLibrary[]> {
  const libraries: InstalledLibrary[] = [];
  for (const [name, path] of toolkit?.libraries ?? []) {
    const sha256 = await hashFile(path, undefined, () => signal?.throwIfAborted());
    libraries.push({ name, path, bytes: (await stat(path)).size, sha256 });
  }
  return libraries;
}

/** A right file can still be none for this machine: its C library may be too old. */
async function requireLoadable(
  folder: string,
  libraries: readonly InstalledLibrary[],
  { loadOrder }: PinnedSet,
  { load }: InstallOptions,
): Promise<void> {
  const paths = new Map(libraries.map(({ name, path }) => [name, libraryPath(folder, path)]));
  const result = await load(loadOrder.map((name) => paths.get(name) as string)).catch((error: Error) => error);
  const failure = result instanceof Error ? result.message : Object.values(result.failures)[0];
  if (failure === undefined) return;
  throw deviceError('The CUDA libraries cannot be loaded on this machine.', {
    where: folder,
    expected: 'Linux on x86-64 with glibc 2.28 or newer',
    got: failure,
    remedy: 'use a newer system, or stay with the CPU, which needs no setup',
  });
}
