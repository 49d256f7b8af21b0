import { readManifest } from '../../export/folder/read-manifest.ts';
import { verifyExport } from '../../export/folder/verify-export.ts';
import type { DoctorCheck } from '../../setup/doctor/report.ts';
import { demoPair } from '../folders.ts';

const REINSTALL = 'install ft-lens again';

/** Whether the demo pair is there and every file of it is the one that was published. */
export async function demoCheck(): Promise<DoctorCheck> {
  const id = 'demo';
  try {
    const pair = await demoPair();
    for (const folder of [pair.base, pair.ft]) {
      const [mismatch] = await verifyExport(folder, await readManifest(folder));
      if (mismatch === undefined) continue;
      const text = `${folder}/${mismatch.file} is not the file that was published`;
      return { id, status: 'fail', text, remedy: REINSTALL };
    }
    return { id, status: 'pass', text: 'base and fine-tune, all hashes match' };
  } catch (error) {
    return { id, status: 'warn', text: error instanceof Error ? error.message : String(error), remedy: REINSTALL };
  }
}
