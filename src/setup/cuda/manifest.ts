import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { writing } from '../../file-system-error.ts';
import { LIMITS } from '../../limits.ts';
import { parseJson, readTextFileIfPresent } from '../../read-text-file.ts';

/** What `ft-lens setup cuda` put into its folder, and where it came from. Written last: a folder without it is none. */
export const CUDA_MANIFEST_FILE = 'manifest.json';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().nonnegative();

const librarySchema = z.strictObject({
  name: z.string().describe('file name by which a process finds it'),
  path: z.string().describe('relative to the folder; absolute for a library of a CUDA toolkit that stays where it is'),
  bytes,
  sha256,
});

const cudaManifestSchema = z.strictObject({
  schema: z.literal('ft-lens.cuda'),
  schemaVersion: z.literal('1.0'),
  onnxruntime: z.string().describe('version of ONNX Runtime that the provider belongs to'),
  wheels: z
    .array(z.strictObject({ file: z.string(), bytes, sha256 }))
    .describe('what was unpacked; empty when everything was found on the machine'),
  libraries: z.array(librarySchema),
});

export type CudaManifest = z.infer<typeof cudaManifestSchema>;
export type InstalledLibrary = z.infer<typeof librarySchema>;

/** @returns undefined when there is none, or it is not one of this version */
export async function readCudaManifest(folder: string): Promise<CudaManifest | undefined> {
  const path = join(folder, CUDA_MANIFEST_FILE);
  const text = await readTextFileIfPresent(path, LIMITS.configBytes);
  if (text === undefined) return undefined;
  const parsed = cudaManifestSchema.safeParse(parseJson(text, path));
  return parsed.success ? parsed.data : undefined;
}

export async function writeCudaManifest(folder: string, manifest: CudaManifest): Promise<void> {
  const path = join(folder, CUDA_MANIFEST_FILE);
  await writing(path, () => writeFile(path, `${JSON.stringify(manifest, null, 2)}\n`, { flag: 'wx', flush: true }));
}
