import { stat } from 'node:fs/promises';
import { realPathInside } from '../../pinned-file.ts';

/** A file that weights stand in. */
export interface DataFile {
  /** in the folder of the model, as its manifest lists it */
  readonly name: string;
  readonly bytes: number;
  /** where it is, links resolved */
  readonly path: string;
  /** Equal for the same file under two names, such as hard links; undefined where the file system does not tell. */
  readonly identity: string | undefined;
  /** when its content was last changed: nanoseconds since 1970, as digits */
  readonly modified: string;
}

/**
 * The data files of a folder that exist, by name.
 * @throws FtLensError (input) for a link that leads out of the folder
 */
export async function findDataFiles(
  folder: string,
  files: readonly { readonly file: string }[],
): Promise<Map<string, DataFile>> {
  const found = new Map<string, DataFile>();
  for (const { file } of files) {
    const path = await realPathInside(folder, file);
    const status = path === undefined ? undefined : await stat(path, { bigint: true }).catch(() => undefined);
    if (path === undefined || !status?.isFile()) continue;
    found.set(file, {
      name: file,
      bytes: Number(status.size),
      path,
      identity: status.ino === 0n ? undefined : `${status.dev}:${status.ino}`,
      modified: String(status.mtimeNs),
    });
  }
  return found;
}
