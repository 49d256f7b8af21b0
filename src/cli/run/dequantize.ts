import { dequantizeExport } from '../../export/dequantize.ts';
import { exportHooks } from '../export-progress.ts';
import { requireFolder } from '../folders.ts';
import { progressOf, type StderrOptions } from '../progress.ts';
import { formatDuration } from '../units.ts';

export interface DequantizeOptions extends StderrOptions {
  readonly out: string;
  readonly force?: true | undefined;
}

/** `ft-lens dequantize`. */
export async function runDequantize(folder: string, options: DequantizeOptions): Promise<void> {
  await requireFolder('EXPORT', folder, 'The export was not found.');
  const progress = progressOf(options);
  const start = performance.now();
  try {
    await dequantizeExport({ folder, out: options.out, force: options.force === true }, exportHooks(progress));
    progress.done('wrote', `${options.out}  ${formatDuration(performance.now() - start)}`);
  } finally {
    progress.end();
  }
}
