import { analyze } from '../../analysis/analyze.ts';
import type { AnalyzeSettings } from '../../analysis/request.ts';
import { FtLensError } from '../../errors.ts';
import { hashFile } from '../../export/folder/hash-file.ts';
import { type InstalledCuda, libraryPath } from '../../setup/cuda/installed.ts';
import type { DoctorCheck } from '../../setup/doctor/report.ts';
import { demoPair } from '../folders.ts';
import { interruptSignal } from '../interrupt.ts';
import { formatDuration } from '../units.ts';

const PROMPT = 'The fox said';

/** Reads the demo pair on a device, with every self-check of an analysis. */
export async function readingCheck(device: AnalyzeSettings['device']): Promise<DoctorCheck> {
  const id = 'reading';
  const start = performance.now();
  try {
    const warnings: string[] = [];
    const report = await analyze(
      { prompt: PROMPT, ...(await demoPair()), device },
      {
        signal: interruptSignal,
        onProgress: (event) => void (event.type === 'warning' && warnings.push(event.message)),
      },
    );
    const failed = report.checks.find(({ status }) => status === 'fail');
    if (failed !== undefined) return { id, status: 'fail', text: failed.message };
    // `auto` that had to leave its device for the CPU is one.
    if (warnings.length > 0) return { id, status: 'warn', text: warnings.join(' ') };
    const time = formatDuration(performance.now() - start);
    return { id, status: 'pass', text: `the demo pair on ${report.settings.device} in ${time}, all self-checks pass` };
  } catch (error) {
    if (!(error instanceof FtLensError) || error.kind === 'interrupted') throw error;
    const text = error.got === undefined ? error.message : `${error.message} (${error.got})`;
    return { id, status: 'fail', text, ...(error.remedy !== undefined && { remedy: error.remedy }) };
  }
}

/** Compares every CUDA library with the hash in the manifest of its folder. */
export async function librariesCheck({ folder, manifest }: InstalledCuda): Promise<DoctorCheck> {
  const id = 'libraries';
  for (const { path, sha256 } of manifest.libraries) {
    const file = libraryPath(folder, path);
    if ((await hashFile(file, undefined, () => interruptSignal.throwIfAborted())) === sha256) continue;
    return { id, status: 'fail', text: `${file} has changed`, remedy: 'ft-lens setup cuda --force' };
  }
  return { id, status: 'pass', text: `all ${manifest.libraries.length} CUDA libraries are as they were set up` };
}
