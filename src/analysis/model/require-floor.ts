import { stat } from 'node:fs/promises';
import { inputError } from '../../errors.ts';
import type { SourceFile } from '../../export/folder/manifest.ts';
import type { PairPositionReading } from '../lens/readings.ts';
import { sameCheckpoint, sameWeights } from '../parts/same-source.ts';
import { requireComparable } from './compatibility.ts';
import type { ModelAndTokenizer } from './model-and-tokenizer.ts';
import type { OpenModel } from './open-model.ts';

const REMEDY =
  'export the checkpoint of the base with another recipe: ft-lens export --checkpoint DIR --out DIR --bits 8';

/**
 * A noise floor shows what rounding alone does: it has to be the base in everything but how its weights are stored.
 * Without both manifests it is not known what the weights are, and a check says so.
 * @throws FtLensError (input) when it is another model, or the base itself
 */
export async function requireFloor(base: ModelAndTokenizer, floor: ModelAndTokenizer): Promise<void> {
  if (await isSameFolder(base.model, floor.model)) throw noFloor(floor.model, 'the folder of the base');
  requireComparable(base, floor, { pair: 'base and its noise floor', remedy: REMEDY });
  const [inBase, inFloor] = [base.model.manifest, floor.model.manifest];
  if (inBase === undefined || inFloor === undefined) return;
  if (!sameWeights(inBase, inFloor)) throw otherWeights(base.model, floor.model);
  const hashes = (model: OpenModel): string[] => (model.manifest?.tensors ?? []).map(({ sha256 }) => sha256).sort();
  const [a, b] = [hashes(base.model), hashes(floor.model)];
  if (a.length === b.length && a.every((hash, i) => hash === b[i]))
    throw noFloor(floor.model, 'the same tensors, byte for byte');
}

/**
 * What the same weights give when they are summed in another order, as a model beside another one may: states of 1e-6,
 * divergences below what f32 resolves. An 8-bit head alone moves divergences by 1e-5 and more, 8-bit weights states by
 * 1e-3.
 */
const SAME_WEIGHTS = { jsNats: 1e-6, relativeL2: 1e-5 } as const;

/**
 * What the manifests do not tell, the numbers do: a floor of zeros would call every difference real.
 * @throws FtLensError (input) when the floor computed what the base did
 */
export function requireMeasured(floor: Pick<OpenModel, 'path'>, pair: readonly PairPositionReading[]): void {
  const same = pair.every(({ rows }) =>
    rows.every(
      ({ js, residualRelativeL2 }) => js <= SAME_WEIGHTS.jsNats && residualRelativeL2 <= SAME_WEIGHTS.relativeL2,
    ),
  );
  if (same) throw noFloor(floor, 'the same states as the base, in every layer');
}

function noFloor({ path }: Pick<OpenModel, 'path'>, got: string): Error {
  return inputError('The noise floor is the base itself.', {
    where: `--floor ${path}`,
    expected: 'the base under another recipe',
    got,
    remedy: REMEDY,
  });
}

function otherWeights(base: OpenModel, floor: OpenModel): Error {
  const [inBase, inFloor] = [base, floor].map(({ manifest }) => manifest?.source);
  const checkpoints = base.manifest && floor.manifest && sameCheckpoint(base.manifest, floor.manifest);
  const words = (source: typeof inBase): string => {
    const lora = source?.adapter;
    if (checkpoints) return lora === undefined ? 'no LoRA' : `LoRA ${lora.name} (${hashOf(lora.files)})`;
    return `checkpoint ${source?.checkpoint.name} (${hashOf(source?.checkpoint.files ?? [])})`;
  };
  return inputError('The noise floor holds other weights than the base.', {
    where: `--floor ${floor.path}, manifest.json`,
    expected: `${words(inBase)}, as in ${base.path}`,
    got: words(inFloor),
    remedy: REMEDY,
  });
}

/** Enough to tell two files of one name apart. */
function hashOf(files: readonly SourceFile[]): string {
  const weights = files.find(({ name }) => name.endsWith('.safetensors'));
  return weights === undefined ? 'no weights' : `${weights.name} ${weights.sha256.slice(0, 12)}`;
}

async function isSameFolder(a: OpenModel, b: OpenModel): Promise<boolean> {
  const [inA, inB] = await Promise.all([stat(a.path), stat(b.path)]);
  return inA.dev === inB.dev && inA.ino === inB.ino;
}
