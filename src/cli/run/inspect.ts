import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError, usageError } from '../../errors.ts';
import { resolveModelPath } from '../../export/checkpoint/resolve-model-path.ts';
import { readManifest } from '../../export/folder/read-manifest.ts';
import { verifyExport } from '../../export/folder/verify-export.ts';
import { describeAdapter } from '../../export/inspect/describe-adapter.ts';
import { describeCheckpoint } from '../../export/inspect/describe-checkpoint.ts';
import { describeExport } from '../../export/inspect/describe-export.ts';
import { jsonDocument } from '../../render/json.ts';
import { adapterText } from '../describe/adapter.ts';
import { checkpointText } from '../describe/checkpoint.ts';
import { exportText } from '../describe/export.ts';
import { interruptSignal } from '../interrupt.ts';
import { writeData } from '../output.ts';
import { progressOf, type StderrOptions } from '../progress.ts';
import { formatBytes } from '../units.ts';

export interface InspectOptions extends StderrOptions {
  readonly verify?: true | undefined;
  readonly json?: true | undefined;
}

type FolderKind = 'export' | 'adapter' | 'checkpoint';

interface Described {
  readonly description: object;
  readonly text: string;
}

const DESCRIBE: Readonly<Record<FolderKind, (folder: string) => Promise<Described>>> = {
  async export(folder) {
    const description = await describeExport(folder);
    return { description, text: exportText(description) };
  },
  async adapter(folder) {
    const description = await describeAdapter(folder);
    return { description, text: adapterText(description) };
  },
  async checkpoint(folder) {
    const description = await describeCheckpoint(folder);
    return { description, text: checkpointText(description) };
  },
};

/** `ft-lens inspect`: what a folder holds, and with --verify whether an export is what was written. */
export async function runInspect(path: string, options: InspectOptions): Promise<void> {
  const folder = await resolveModelPath(path);
  const kind = await kindOf(folder);
  if (options.verify && kind !== 'export') {
    throw usageError('Only an export has hashes to compare with.', { where: `--verify ${path}`, got: `a ${kind}` });
  }
  const { description, text } = await DESCRIBE[kind](folder);
  if (options.verify) await verify(folder, options);
  await writeData(options.json ? jsonDocument(description, 2) : text, undefined);
}

/** What a folder is, by the file that only its kind has. */
async function kindOf(folder: string): Promise<FolderKind> {
  const has = (name: string): Promise<boolean> =>
    access(join(folder, name)).then(
      () => true,
      () => false,
    );
  if ((await has('manifest.json')) || (await has('model.onnx'))) return 'export';
  if (await has('adapter_config.json')) return 'adapter';
  if (await has('config.json')) return 'checkpoint';
  throw inputError('This folder holds nothing that ft-lens knows.', {
    where: folder,
    expected: 'manifest.json of an export, adapter_config.json of a LoRA, or config.json of a checkpoint',
  });
}

async function verify(folder: string, options: InspectOptions): Promise<void> {
  const progress = progressOf(options);
  const manifest = await readManifest(folder);
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  try {
    const [mismatch] = await verifyExport(folder, manifest, (bytes) => {
      interruptSignal.throwIfAborted();
      done += bytes;
      progress.status('verify', `${formatBytes(done)} of ${formatBytes(total)}`);
    });
    if (mismatch === undefined) return progress.done('verify', `all ${manifest.files.length} files are as written`);
    throw inputError('A file of this export is not the one that was written.', {
      where: join(folder, mismatch.file),
      expected: mismatch.expected,
      got: mismatch.got,
      remedy: 'export again, or fetch this file again',
    });
  } finally {
    progress.end();
  }
}
