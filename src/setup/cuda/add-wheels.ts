import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError } from '../../errors.ts';
import { hashFile } from '../../export/folder/hash-file.ts';
import { downloadWheel } from '../index/download.ts';
import { locateWheel } from '../index/locate-wheel.ts';
import type { CudaBuild } from './cuda-build.ts';
import type { InstallOptions } from './install-options.ts';
import type { InstalledLibrary } from './manifest-schema.ts';
import { librariesOf, type PinnedWheel } from './pinned.ts';
import { downloadBytes, installedBytes, type WheelSource } from './plan.ts';
import { unpackWheel } from './unpack-wheel.ts';

/**
 * Fetches the wheels, one after the other so that only one is on the disk, and unpacks them into the build.
 * @returns the libraries that came out of them
 */
export async function addWheels(
  build: CudaBuild,
  sources: readonly WheelSource[],
  { onProgress, ...options }: InstallOptions,
): Promise<InstalledLibrary[]> {
  const wheels = sources.map(({ wheel }) => wheel);
  const toFetch = downloadBytes(sources);
  const toUnpack = installedBytes(wheels);
  let fetched = 0;
  let unpacked = 0;
  for (const source of sources) {
    const { wheel } = source;
    let path: string;
    if (source.from === 'index') {
      path = join(build.wheels, wheel.file);
      const remote = await locateWheel(source.index, wheel, options);
      const onBytes = (bytes: number): void =>
        onProgress?.({ step: 'fetch', detail: wheel.project, bytes: fetched + bytes, totalBytes: toFetch });
      await downloadWheel(remote, wheel, path, { ...options, onBytes });
      fetched += wheel.bytes;
    } else {
      ({ path } = source);
      await requirePinned(path, wheel, options.signal);
    }
    const onBytes = (bytes: number): void => {
      unpacked += bytes;
      onProgress?.({ step: 'unpack', detail: wheel.project, bytes: unpacked, totalBytes: toUnpack });
    };
    await unpackWheel(path, wheel, build.files, { signal: options.signal, onBytes });
    if (source.from === 'index') await rm(path);
  }
  return librariesOf(wheels).map(({ file, bytes, sha256 }) => ({ name: file, path: file, bytes, sha256 }));
}

async function requirePinned(path: string, wheel: PinnedWheel, signal: AbortSignal | undefined): Promise<void> {
  const sha256 = await hashFile(path, undefined, () => signal?.throwIfAborted());
  if (sha256 === wheel.sha256) return;
  throw inputError('This wheel is not the one that is needed.', {
    where: path,
    expected: `sha256 ${wheel.sha256}`,
    got: `sha256 ${sha256}`,
    remedy: 'fetch this file again, or leave the fetching to ft-lens setup cuda',
  });
}
