import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { hashFile } from './hash-file.ts';
import type { Manifest } from './manifest.ts';

/** A file that is not as the manifest says. */
export interface FileMismatch {
  readonly file: string;
  readonly expected: string;
  readonly got: string;
}

/**
 * Compares every file of an export with its manifest: sizes first, then SHA-256.
 * @param onBytes called with the bytes of each chunk that was hashed; it may throw to stop
 * @returns the files that differ; none when the export is whole
 */
export async function verifyExport(
  folder: string,
  manifest: Pick<Manifest, 'files'>,
  onBytes?: (bytes: number) => void,
): Promise<FileMismatch[]> {
  const mismatches: FileMismatch[] = [];
  for (const { name, bytes, sha256 } of manifest.files) {
    const path = join(folder, name);
    const entry = await lstat(path).catch(() => undefined);
    if (!entry?.isFile()) {
      mismatches.push({ file: name, expected: `${bytes} bytes`, got: entry ? 'no regular file' : 'no such file' });
    } else if (entry.size !== bytes) {
      mismatches.push({ file: name, expected: `${bytes} bytes`, got: `${entry.size} bytes` });
    } else {
      const found = await hashFile(path, undefined, onBytes);
      if (found !== sha256) mismatches.push({ file: name, expected: `sha256 ${sha256}`, got: `sha256 ${found}` });
    }
  }
  return mismatches;
}
