import { dirname, relative, sep } from 'node:path';

/** Files of several folders as names below a folder that holds them all. */
export interface CommonFolder {
  readonly folder: string;
  /** a file as a path below it, with forward slashes */
  readonly nameOf: (file: string) => string;
}

/** @param files absolute paths; at least one @returns undefined for files on different drives */
export function commonFolder(files: readonly string[]): CommonFolder | undefined {
  let folder = dirname(files[0] as string);
  const isAbove = (file: string): boolean => file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  while (!files.every(isAbove)) {
    if (dirname(folder) === folder) return undefined;
    folder = dirname(folder);
  }
  return { folder, nameOf: (file) => relative(folder, file).split(sep).join('/') };
}
