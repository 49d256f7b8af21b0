import { open, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LoadResult } from '../machine/load-libraries.ts';
import type { ToolkitPlace } from './places.ts';

/** Libraries of a CUDA toolkit on this machine that take the place of downloaded ones. */
export interface Toolkit {
  readonly place: string;
  /** real absolute path by the name under which a process looks for it */
  readonly libraries: ReadonlyMap<string, string>;
}

/**
 * The first place that holds every library and from which they load. The name fits when the major version does
 * (`libcublas.so.13`): within one, NVIDIA keeps its libraries compatible.
 * @param names file names, in the order in which they are loaded
 */
export async function findToolkit(
  places: readonly ToolkitPlace[],
  names: readonly string[],
  load: (files: readonly string[]) => Promise<LoadResult>,
): Promise<Toolkit | undefined> {
  for (const { name: place, folders } of places) {
    const libraries = await libraryFiles(folders, names);
    if (libraries === undefined) continue;
    const result = await load([...libraries.values()]).catch(() => undefined);
    if (result !== undefined && Object.keys(result.failures).length === 0) return { place, libraries };
  }
  return undefined;
}

async function libraryFiles(
  folders: readonly string[],
  names: readonly string[],
): Promise<Map<string, string> | undefined> {
  const libraries = new Map<string, string>();
  for (const name of names) {
    // The halves of cuBLAS belong together: what stands beside an earlier find is preferred.
    const nearby = [...libraries.values()].map((path) => dirname(path)).reverse();
    const path = await firstLibrary([...nearby, ...folders], name);
    if (path === undefined) return undefined;
    libraries.set(name, path);
  }
  return libraries;
}

async function firstLibrary(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const path = await realpath(join(folder, name)).catch(() => undefined);
    if (path !== undefined && (await isX64Library(path))) return path;
  }
  return undefined;
}

/** Offset of e_machine in an ELF header, and its value for x86-64. */
const MACHINE_OFFSET = 18;
const X86_64 = 62;

async function isX64Library(path: string): Promise<boolean> {
  if (!(await stat(path)).isFile()) return false;
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const header = Buffer.alloc(MACHINE_OFFSET + 2);
    const { bytesRead } = await file.read(header, 0, header.length, 0);
    const is64BitElf = header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2;
    return bytesRead === header.length && is64BitElf && header.readUInt16LE(MACHINE_OFFSET) === X86_64;
  } finally {
    await file.close();
  }
}
