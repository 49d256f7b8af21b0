import { openPinnedFile } from '../../pinned-file.ts';
import { hashPinnedFile } from './hash-file.ts';
import type { Manifest } from './manifest.ts';

/** A file that is not as the manifest says. */
export interface FileMismatch {
  readonly file: string;
  readonly expected: string;
  readonly got: string;
}

/**
 * Compares every file of an export with its manifest: sizes, then SHA-256. Links are followed within the folder, and to
 * the blobs of a Hugging Face cache.
 * @param onBytes called with the bytes of each chunk that was hashed; it may throw to stop
 * @returns the files that differ; none when the export is whole
 * @throws FtLensError when a file cannot be read, or a link leads out of the folder
 */
export async function verifyExport(
  folder: string,
  manifest: Pick<Manifest, 'files'>,
  onBytes?: (bytes: number) => void,
): Promise<FileMismatch[]> {
  const mismatches: FileMismatch[] = [];
  for (const { name, bytes, sha256 } of manifest.files) {
    const found = await findFile(folder, name, bytes, onBytes);
    if (found !== `sha256 ${sha256}`) {
      const expected = found.startsWith('sha256') ? `sha256 ${sha256}` : `${bytes} bytes`;
      mismatches.push({ file: name, expected, got: found });
    }
  }
  return mismatches;
}

/** What there is of a file: its hash when it has the right size. */
async function findFile(
  folder: string,
  name: string,
  bytes: number,
  onBytes?: (bytes: number) => void,
): Promise<string> {
  const file = await openPinnedFile(folder, name);
  if (file === undefined) return 'no such file';
  try {
    return file.bytes === bytes ? `sha256 ${await hashPinnedFile(file, undefined, onBytes)}` : `${file.bytes} bytes`;
  } finally {
    await file.close();
  }
}
