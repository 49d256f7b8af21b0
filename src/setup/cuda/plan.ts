import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FtLensError, inputError, usageError } from '../../errors.ts';
import { isSystemError } from '../../file-system-error.ts';
import type { PackageIndex } from '../index/index-url.ts';
import type { Toolkit } from '../toolkit/find-toolkit.ts';
import { librariesOf, type PinnedMember, type PinnedSet, type PinnedWheel } from './pinned.ts';

const FILL_FOLDER = 'ft-lens setup cuda --dry-run shows the pip command that fills such a folder';

/** How the user wants the libraries to be found. */
export interface CudaSources {
  /** wheel files on this machine, or folders of such */
  readonly wheelFiles: readonly string[];
  readonly wheelFolder: string | undefined;
}

/** Where one wheel comes from. */
export type WheelSource =
  | { readonly wheel: PinnedWheel; readonly from: 'index'; readonly index: PackageIndex }
  | { readonly wheel: PinnedWheel; readonly from: 'file'; readonly path: string };

/** A library that is copied from a folder, instead of taking it out of a wheel. */
export interface FolderLibrary {
  readonly member: PinnedMember;
  readonly path: string;
}

/** What will be done, decided before anything is fetched or written. */
export interface CudaPlan {
  readonly wheels: readonly WheelSource[];
  /** ONNX Runtime's libraries found in a folder: they replace its wheel */
  readonly copies: readonly FolderLibrary[];
  readonly toolkit: Toolkit | undefined;
  /** to be fetched */
  readonly downloadBytes: number;
  /** in the finished folder */
  readonly installedBytes: number;
  /** at most on the disk at any time while it is made: finished files and the largest fetched wheel */
  readonly peakBytes: number;
}

/**
 * @param copies from {@link findRuntimeLibraries}; empty: the runtime's wheel is needed
 * @param index asked for only when something has to be fetched
 * @throws FtLensError (usage, input) for wheels that are named and do not fit
 */
export async function planCuda(
  pinned: PinnedSet,
  sources: CudaSources,
  copies: readonly FolderLibrary[],
  toolkit: Toolkit | undefined,
  index: () => PackageIndex,
): Promise<CudaPlan> {
  const needed = [...(copies.length > 0 ? [] : [pinned.runtime]), ...(toolkit === undefined ? pinned.toolkit : [])];
  const files = await wheelFiles(sources, [pinned.runtime, ...pinned.toolkit]);
  if (sources.wheelFolder !== undefined) requireComplete(needed, files, sources.wheelFolder);
  const wheels = needed.map((wheel): WheelSource => {
    const path = files.get(wheel.file);
    return path === undefined ? { wheel, from: 'index', index: index() } : { wheel, from: 'file', path };
  });
  const fetched = wheels.filter(({ from }) => from === 'index').map(({ wheel }) => wheel.bytes);
  const installed = installedBytes(needed) + sum(copies.map(({ member }) => member.bytes));
  return {
    wheels,
    copies,
    toolkit,
    downloadBytes: downloadBytes(wheels),
    installedBytes: installed,
    peakBytes: installed + Math.max(0, ...fetched),
  };
}

/** Bytes of the wheels that have to be fetched. */
export function downloadBytes(sources: readonly WheelSource[]): number {
  return sum(sources.filter(({ from }) => from === 'index').map(({ wheel }) => wheel.bytes));
}

/** Bytes of what is taken out of wheels. */
export function installedBytes(wheels: readonly PinnedWheel[]): number {
  return sum(wheels.flatMap(({ members }) => members.map(({ bytes }) => bytes)));
}

/** Names of the libraries that a toolkit can give, in the order in which they are loaded. */
export function toolkitNames(pinned: PinnedSet): string[] {
  const names = new Set(librariesOf(pinned.toolkit).map(({ file }) => file));
  return pinned.loadOrder.filter((name) => names.has(name));
}

/** Paths of the pinned wheels among the files that were named. */
async function wheelFiles(
  { wheelFiles: named, wheelFolder }: CudaSources,
  wheels: readonly PinnedWheel[],
): Promise<Map<string, string>> {
  const known = new Set(wheels.map(({ file }) => file));
  const stranger = named.find((path) => !known.has(basename(path)));
  if (stranger !== undefined) throw wrongWheel(stranger, wheels);
  const listed = wheelFolder === undefined ? [] : await listFolder(wheelFolder);
  const paths = [...listed.filter((path) => known.has(basename(path))), ...named];
  for (const path of paths) await requireFile(path);
  return new Map(paths.map((path) => [basename(path), path]));
}

async function listFolder(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw inputError('The folder of wheels cannot be read.', {
      where: `--wheel-dir ${folder}`,
      expected: 'a folder',
      got: isSystemError(cause) && cause.code === 'ENOENT' ? 'no such folder' : String(cause),
      remedy: FILL_FOLDER,
      cause,
    });
  });
  return names.map((name) => join(folder, name));
}

async function requireFile(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isFile()) return;
  throw inputError('A wheel was not found.', {
    where: path,
    expected: 'a file',
    got: status === undefined ? 'no such file' : 'a folder, pipe or device',
    remedy: 'check the path, or leave it out: what is missing is fetched',
  });
}

function wrongWheel(path: string, wheels: readonly PinnedWheel[]): FtLensError {
  return usageError('This is none of the wheels that are needed.', {
    where: `--from-wheel ${path}`,
    expected: wheels.map(({ file }) => file).join(', '),
    got: basename(path),
    remedy: 'keep the names of the files as the index gives them',
  });
}

function requireComplete(needed: readonly PinnedWheel[], files: ReadonlyMap<string, string>, folder: string): void {
  const missing = needed.filter(({ file }) => !files.has(file));
  if (missing.length === 0) return;
  throw inputError('The folder does not hold every wheel that is needed.', {
    where: `--wheel-dir ${folder}`,
    expected: missing.map(({ file }) => file).join(', '),
    got: 'no such file',
    remedy: FILL_FOLDER,
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
