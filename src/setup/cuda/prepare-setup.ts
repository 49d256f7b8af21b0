import { dirname } from 'node:path';
import { inputError } from '../../errors.ts';
import { chooseIndex } from '../index/index-url.ts';
import type { LoadResult } from '../machine/load-libraries.ts';
import { platformProblem } from '../machine/platform.ts';
import { findInTree } from '../toolkit/find-in-tree.ts';
import { findToolkit, type Toolkit } from '../toolkit/find-toolkit.ts';
import { type ToolkitPlace, usualPlaces } from '../toolkit/places.ts';
import { cudaFolder } from './cuda-folder.ts';
import type { PinnedSet } from './pinned.ts';
import { type CudaPlan, planCuda, toolkitNames } from './plan.ts';
import { findRuntimeLibraries } from './runtime-libraries.ts';

/** Where the CUDA libraries are to come from, and where they are to go. Everything may be left out. */
export interface SetupCudaRequest {
  /** folder to make */
  readonly dir?: string | undefined;
  readonly indexUrl?: string | undefined;
  /** wheel files that are taken instead of fetching them */
  readonly fromWheel?: readonly string[] | undefined;
  /** a folder that holds every wheel that is needed */
  readonly wheelDir?: string | undefined;
  /** a folder, such as a Python environment, in which ONNX Runtime's GPU libraries stand somewhere */
  readonly fromDir?: string | undefined;
  /** a folder in which the libraries of CUDA 13 stand somewhere; true: look in the usual places; false: fetch them */
  readonly toolkit?: string | boolean | undefined;
}

/** What the preparation needs to know of the machine. */
export interface SetupMachine {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly architecture: string;
  readonly load: (files: readonly string[]) => Promise<LoadResult>;
}

export interface PreparedSetup {
  /** absolute */
  readonly folder: string;
  readonly plan: CudaPlan;
}

/**
 * Decides what has to be fetched; writes and fetches nothing.
 * @throws FtLensError for a machine that cannot run the libraries (device), and for places that do not hold what they
 * were named for (usage, input)
 */
export async function prepareSetup(
  request: SetupCudaRequest,
  pinned: PinnedSet,
  machine: SetupMachine,
): Promise<PreparedSetup> {
  const { platform, architecture, environment } = machine;
  const problem = platformProblem(platform, architecture);
  if (problem !== undefined) throw problem;
  const copies = request.fromDir === undefined ? [] : await findRuntimeLibraries(request.fromDir, pinned);
  const toolkit = await chooseToolkit(request, toolkitNames(pinned), machine);
  const sources = { wheelFiles: request.fromWheel ?? [], wheelFolder: request.wheelDir };
  const plan = await planCuda(pinned, sources, copies, toolkit, () => chooseIndex(request.indexUrl, environment));
  return { folder: cudaFolder(pinned.onnxruntime, environment, request.dir), plan };
}

async function chooseToolkit(
  { toolkit, fromDir }: SetupCudaRequest,
  names: readonly string[],
  { environment, load }: SetupMachine,
): Promise<Toolkit | undefined> {
  if (toolkit === false) return undefined;
  if (typeof toolkit === 'string') {
    const found = await findToolkit([await treePlace(toolkit, names)], names, load);
    if (found !== undefined) return found;
    throw inputError('The folder does not hold the libraries of CUDA 13, or they do not load.', {
      where: `--toolkit ${toolkit}`,
      expected: names.join(', '),
      remedy: 'leave --toolkit out: what is missing is fetched',
    });
  }
  const near = fromDir === undefined ? [] : [await treePlace(fromDir, names)];
  return findToolkit([...near, ...(await usualPlaces(environment))], names, load);
}

async function treePlace(root: string, names: readonly string[]): Promise<ToolkitPlace> {
  const found = await findInTree(root, names);
  return { name: root, folders: [...new Set([...found.values()].flat().map(dirname))] };
}
