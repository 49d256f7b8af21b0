import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writing } from '../../file-system-error.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson, readFolderText } from '../../read-text-file.ts';
import type { CudaManifest } from './manifest-schema.ts';

/** What `ft-lens setup cuda` put into its folder, and where it came from. Written last: a folder without it is none. */
export const CUDA_MANIFEST_FILE = 'manifest.json';

/** @returns undefined when there is none, or it is not one of this version */
export async function readCudaManifest(folder: string): Promise<CudaManifest | undefined> {
  const path = join(folder, CUDA_MANIFEST_FILE);
  const text = await readFolderText(folder, CUDA_MANIFEST_FILE, LIMITS.configBytes);
  if (text === undefined) return undefined;
  // Every analysis looks for a manifest, and few find one.
  const { cudaManifestSchema } = await import('./manifest-schema.ts');
  const parsed = cudaManifestSchema.safeParse(parseJson(text, path));
  return parsed.success ? parsed.data : undefined;
}

export async function writeCudaManifest(folder: string, manifest: CudaManifest): Promise<void> {
  const path = join(folder, CUDA_MANIFEST_FILE);
  await writing(path, () => writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', flush: true }));
}
