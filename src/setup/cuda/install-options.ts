import type { FileSystemSpace } from '../../export/folder/disk-space.ts';
import type { NetworkOptions } from '../index/locate-wheel.ts';
import type { LoadResult } from '../machine/load-libraries.ts';

/** What an installation is doing. Bytes count over all files of a step. */
export interface InstallProgress {
  readonly step: 'fetch' | 'unpack' | 'copy';
  /** the project or file at hand */
  readonly detail: string;
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface InstallOptions extends NetworkOptions {
  /** tries to load libraries, in a process of its own */
  readonly load: (files: readonly string[]) => Promise<LoadResult>;
  readonly onProgress?: ((event: InstallProgress) => void) | undefined;
  /** asks a file system for its room: statfs by default */
  readonly readSpace?: ((path: string) => Promise<FileSystemSpace>) | undefined;
}
