import { jsonDocument } from '../../render/json.ts';
import { keptBytes } from '../../setup/cuda/cuda-build.ts';
import { cudaFolder } from '../../setup/cuda/cuda-folder.ts';
import { installCuda } from '../../setup/cuda/install-cuda.ts';
import { findInstalled } from '../../setup/cuda/installed.ts';
import type { InstallProgress } from '../../setup/cuda/install-options.ts';
import type { CudaManifest } from '../../setup/cuda/manifest-schema.ts';
import { CUDA_LIBRARIES } from '../../setup/cuda/pinned.ts';
import { prepareSetup, type PreparedSetup, type SetupCudaRequest } from '../../setup/cuda/prepare-setup.ts';
import { tryToLoad } from '../../setup/machine/load-libraries.ts';
import { pipCommand, planLines } from '../describe/setup-plan.ts';
import { interruptSignal } from '../interrupt.ts';
import { writeData } from '../output.ts';
import { type Progress, progressOf, type StderrOptions } from '../progress.ts';
import { setupProgress } from '../setup-progress.ts';
import { formatBytes, formatDuration } from '../units.ts';

export interface SetupCudaOptions extends StderrOptions, SetupCudaRequest {
  readonly force?: true | undefined;
  readonly dryRun?: true | undefined;
  readonly json?: true | undefined;
}

const MACHINE = {
  environment: process.env,
  platform: process.platform,
  architecture: process.arch,
  load: tryToLoad,
} as const;

/** `ft-lens setup cuda`: says what it will do before it does it. */
export async function runSetupCuda(options: SetupCudaOptions): Promise<void> {
  const progress = progressOf(options);
  try {
    const folder = cudaFolder(CUDA_LIBRARIES.onnxruntime, process.env, options.dir);
    const present = await findInstalled(folder, CUDA_LIBRARIES);
    if (!(present instanceof Error) && !options.force) {
      progress.done('ready', `${folder}  (--force sets it up again)`);
      if (!options.dryRun) return await report(folder, present.manifest, options);
    }
    const prepared = await prepareSetup(options, CUDA_LIBRARIES, MACHINE);
    for (const [label, text] of planLines(prepared, await keptBytes(folder))) progress.done(label, text);
    if (options.dryRun) {
      progress.summary('\nThe same wheels by pip, for --wheel-dir:\n');
      await writeData(`${pipCommand(CUDA_LIBRARIES)}\n`, undefined);
    } else {
      await report(folder, await install(prepared, progress), options);
    }
  } finally {
    progress.end();
  }
}

async function install({ folder, plan }: PreparedSetup, progress: Progress): Promise<CudaManifest> {
  const start = performance.now();
  const show = setupProgress(progress);
  let begun = false;
  const onProgress = (event: InstallProgress): void => {
    begun = true;
    show(event);
  };
  try {
    const hooks = { load: tryToLoad, onProgress, signal: interruptSignal };
    const manifest = await installCuda(plan, CUDA_LIBRARIES, folder, hooks);
    const time = formatDuration(performance.now() - start);
    progress.done('ready', `${folder}  ${formatBytes(plan.installedBytes)}  ${time}`);
    progress.done('next', 'ft-lens doctor');
    return manifest;
  } catch (error) {
    // What is there otherwise may be another process's.
    const kept = begun ? await keptBytes(folder) : 0;
    if (kept > 0)
      progress.done('kept', `${formatBytes(kept)} of what was fetched: the same command goes on from there`);
    throw error;
  }
}

async function report(folder: string, manifest: CudaManifest, { json }: SetupCudaOptions): Promise<void> {
  if (json) await writeData(jsonDocument({ folder, ...manifest }, 2), undefined);
}
