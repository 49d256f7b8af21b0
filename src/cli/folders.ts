import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suggestSimilar } from './similar.ts';
import { inputError, usageError } from '../errors.ts';

/** The pair that comes with ft-lens; it is used when `analyze` is given no model. */
const DEMO_PAIR = { base: 'base-int4', ft: 'ft-int4' } as const;

export interface ModelFolders {
  readonly base: string;
  readonly ft?: string;
  /** the base under another recipe */
  readonly floor?: string;
}

/** The folders of `--base`, `--ft` and `--floor`, or of the demo pair; all are there. */
export async function modelFolders(options: {
  base?: string | undefined;
  ft?: string | undefined;
  floor?: string | undefined;
}): Promise<ModelFolders> {
  const { base, ft, floor } = options;
  if (base === undefined && ft !== undefined) {
    throw usageError('A fine-tune alone has nothing to be compared with.', {
      where: `--ft ${ft}`,
      expected: '--base as well',
      remedy: 'give --base DIR, or look at one model with --base alone',
    });
  }
  const pair = base === undefined ? await demoPair() : await ownModels(base, ft);
  if (floor === undefined) return pair;
  if (pair.ft === undefined) {
    throw usageError('A noise floor needs a comparison to lie under.', {
      where: `--floor ${floor}`,
      expected: '--ft as well',
      remedy: 'to compare the base with this export itself, name it by --ft',
    });
  }
  await requireFolder('--floor', floor, 'The export for the noise floor was not found.');
  return { ...pair, floor };
}

async function ownModels(base: string, ft: string | undefined): Promise<ModelFolders> {
  await requireFolder('--base', base, 'The base export was not found.');
  if (ft === undefined) return { base };
  await requireFolder('--ft', ft, 'The fine-tune export was not found.');
  return { base, ft };
}

/** Throws an input error that names a similar folder when there is none at `path`. */
export async function requireFolder(option: string, path: string, sentence: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (status?.isDirectory()) return;
  const near = status === undefined ? await nearestFolder(path) : undefined;
  throw inputError(sentence, {
    where: `${option} ${path}`,
    expected: 'a folder that holds model.onnx',
    got: status === undefined ? 'no such folder' : 'a file',
    remedy:
      near === undefined ? 'ft-lens export --checkpoint DIR --out DIR makes such a folder' : `did you mean ${near}?`,
  });
}

/** @throws FtLensError (usage) when ft-lens was installed without it */
export async function demoPair(): Promise<Required<Pick<ModelFolders, 'base' | 'ft'>>> {
  const models = fileURLToPath(new URL('../../models/', import.meta.url));
  const pair = { base: join(models, DEMO_PAIR.base), ft: join(models, DEMO_PAIR.ft) };
  const present = await Promise.all(
    Object.values(pair).map((folder) => stat(join(folder, 'model.onnx')).catch(() => undefined)),
  );
  if (present.every((status) => status !== undefined)) return pair;
  throw usageError('No model was given, and the demo pair is not here.', {
    expected: '--base DIR, and --ft DIR to compare with',
    remedy: 'ft-lens export --checkpoint DIR --out DIR makes such a folder from a Hugging Face checkpoint',
  });
}

async function nearestFolder(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const near = suggestSimilar(basename(path), names);
  return near === undefined ? undefined : join(parent, near);
}

/** Refuses to write a report over something that the same call reads: into a model's folder, or over a file. */
export async function requireApartFromInputs(
  output: string | undefined,
  { folders, file }: { readonly folders: readonly string[]; readonly file: string | undefined },
): Promise<void> {
  if (output === undefined) return;
  const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path));
  const target = join(await real(dirname(output)), basename(output));
  const inFolder = (await Promise.all(folders.map(real))).includes(dirname(target));
  if (!inFolder && (file === undefined || (await real(file)) !== (await real(target)))) return;
  throw usageError('The report would be written over an input.', {
    where: `-o ${output}`,
    expected: 'a file that is not read, outside the model folders',
    remedy: 'give the report a place of its own',
  });
}
