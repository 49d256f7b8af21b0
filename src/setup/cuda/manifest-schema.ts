import * as z from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().nonnegative();

const librarySchema = z.strictObject({
  name: z.string().describe('file name by which a process finds it'),
  path: z.string().describe('relative to the folder; absolute for a library of a CUDA toolkit that stays where it is'),
  bytes,
  sha256,
});

/** What `ft-lens setup cuda` writes down. */
export const cudaManifestSchema = z.strictObject({
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
