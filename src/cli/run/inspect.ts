import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { inputError, usageError } from '../../errors.ts';
import { resolveModelPath } from '../../export/checkpoint/resolve-model-path.ts';
import { MANIFEST_FILE } from '../../export/folder/manifest.ts';
import { readManifest } from '../../export/folder/read-manifest.ts';
import { type FileMismatch, verifyExport } from '../../export/folder/verify-export.ts';
import { describeAdapter } from '../../export/inspect/describe-adapter.ts';
import { describeCheckpoint } from '../../export/inspect/describe-checkpoint.ts';
import { describeExport } from '../../export/inspect/describe-export.ts';
import { jsonDocument } from '../../render/json.ts';
import { adapterText } from '../describe/adapter.ts';
import { checkpointText } from '../describe/checkpoint.ts';
import { exportText } from '../describe/export.ts';
import { exportHooks } from '../export-progress.ts';
import { interruptSignal } from '../interrupt.ts';
import { writeData } from '../output.ts';
import { progressOf, type StderrOptions } from '../progress.ts';

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
    throw usageError('Only an export has hashes to compare with.', {
      where: `--verify ${path}`,
      expected: 'an export of ft-lens',
      got: kind === 'adapter' ? 'an adapter' : 'a checkpoint',
      remedy: 'leave --verify out',
    });
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
  if (await has('journal.jsonl')) {
    throw inputError('This is an export that was not finished.', {
      where: folder,
      remedy: 'give the command that began it again: it goes on from there',
    });
  }
  throw inputError('This folder holds nothing that ft-lens knows.', {
    where: folder,
    expected: 'manifest.json of an export, adapter_config.json of a LoRA, or config.json of a checkpoint',
    got: 'none of these',
    remedy: 'check the path: is it a folder above or below this one?',
  });
}

async function verify(folder: string, options: InspectOptions): Promise<void> {
  const progress = progressOf(options);
  const { onProgress } = exportHooks(progress);
  const { files } = await readManifest(folder);
  const totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let bytes = 0;
  try {
    const mismatches = await verifyExport(folder, { files }, (chunk) => {
      interruptSignal.throwIfAborted();
      bytes += chunk;
      onProgress?.({ phase: 'check', layer: undefined, layers: 0, bytes, totalBytes });
    });
    if (mismatches.length > 0) throw notAsWritten(folder, mismatches);
    progress.done('verify', `all ${files.length} files that ${MANIFEST_FILE} lists are as written`);
  } finally {
    progress.end();
  }
}

function notAsWritten(folder: string, mismatches: readonly FileMismatch[]): Error {
  const [{ file, expected, got }, ...others] = mismatches as [FileMismatch, ...FileMismatch[]];
  const more = others.map((mismatch) => mismatch.file).join(', ');
  return inputError('This export is not as it was written.', {
    where: join(folder, file),
    expected,
    got: others.length === 0 ? got : `${got}; others, too: ${more}`,
    remedy: 'export again, or fetch what differs again',
  });
}
