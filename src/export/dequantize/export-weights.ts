import { inputError } from '../../errors.ts';
import { decodeWeights } from '../checkpoint/decode.ts';
import { openPinnedFile, type PinnedFile } from '../../pinned-file.ts';
import { HEAD } from '../checkpoint/weight-names.ts';
import type { WeightSource } from '../checkpoint/weight-source.ts';
import { type PlannedTensor, type PlannedWeight, planWeights, tensorBytes } from '../decoder/plan.ts';
import type { Manifest, ManifestTensor } from '../folder/manifest.ts';
import { dequantizeBlocks } from '../quantize/blocks.ts';
import { transpose } from '../quantize/transpose.ts';

/** The weights that an export computes with, by their published names. */
export interface ExportWeights extends WeightSource {
  close(): Promise<void>;
}

/** Where a published weight stands: in matrix `matrix` of a stack, every `turns`-th row from `turn` on. */
interface WeightPlace {
  readonly weight: PlannedWeight;
  readonly matrix: number;
  readonly turn: number;
  readonly turns: number;
}

/**
 * Opens the data files of an export. `names` are in the order of the plan.
 * @throws FtLensError when the manifest does not describe the tensors that its recipe implies
 */
export async function openExportWeights(folder: string, manifest: Manifest): Promise<ExportWeights> {
  const plan = planWeights(manifest.dimensions, manifest.quantization, manifest.dimensions.tiedHead);
  const places = new Map(plan.flatMap(placesOf));
  const tensors = new Map(manifest.tensors.map((tensor) => [tensor.name, tensor]));
  for (const tensor of plan.flatMap((weight) => weight.tensors)) checkTensor(tensor, tensors.get(tensor.name), folder);
  const files = await openFiles(folder, new Set(manifest.tensors.map((tensor) => tensor.file)));

  const find = (name: string): WeightPlace => {
    const place = places.get(name);
    if (place === undefined) throw new Error(`there is no weight ${name}`);
    return place;
  };
  const readRows = async ({ name }: PlannedTensor, from: number, to: number, rows: number) => {
    const { file, offset, bytes } = tensors.get(name)!;
    const rowBytes = bytes / rows;
    return files.get(file)!.read(offset + from * rowBytes, (to - from) * rowBytes);
  };
  return {
    names: new Set(places.keys()),
    shape: (name) => find(name).weight.sourceShape,
    async rows(name, from, to) {
      const { weight, matrix, turn, turns } = find(name);
      const { encoding } = weight;
      const [values, scales] = weight.tensors as [PlannedTensor, PlannedTensor | undefined];
      const [rows, columns = 1] = weight.sourceShape as [number, number?];
      if (encoding.form === 'transposed') {
        const whole = decodeWeights(await readRows(values, 0, columns, columns), 'f32');
        return transpose(whole, rows).subarray(from * columns, to * columns);
      }
      const stackRows = rows * turns * weight.sources.length;
      const first = (matrix * rows + from) * turns;
      const last = (matrix * rows + to) * turns;
      const bytes = await readRows(values, first, last, stackRows);
      if (scales === undefined || encoding.form !== 'blocks') {
        return decodeWeights(bytes, encoding.form === 'f16' ? 'f16' : 'f32');
      }
      const scaleBytes = await readRows(scales, first, last, stackRows);
      const quantized = { packed: bytes, scales: new Float32Array(scaleBytes.buffer) };
      return everyRow(dequantizeBlocks(quantized, encoding.bits, encoding.blockSize), columns, turn, turns);
    },
    async close() {
      await closeAll(files);
    },
  };
}

/** A tied head of fewer than 16 bits is a weight of its own: it differs from the embedding that it was made from. */
function placesOf(weight: PlannedWeight): [string, WeightPlace][] {
  return weight.sources.flatMap((names, matrix) =>
    names.map((name, turn): [string, WeightPlace] => [
      weight.kind === 'head' ? HEAD : name,
      { weight, matrix, turn, turns: names.length },
    ]),
  );
}

function checkTensor(planned: PlannedTensor, found: ManifestTensor | undefined, folder: string): void {
  const describe = ({ dtype, shape }: PlannedTensor, bytes: number): string =>
    `${dtype} [${shape.join(', ')}] of ${bytes} bytes`;
  const expected = describe(planned, tensorBytes(planned));
  const got = found && describe(found, found.bytes);
  if (got === expected) return;
  throw inputError('The manifest does not fit its own recipe.', {
    where: `${folder}, tensor ${planned.name}`,
    expected,
    got: got ?? 'no such tensor',
    remedy: 'export again',
  });
}

async function openFiles(folder: string, names: ReadonlySet<string>): Promise<Map<string, PinnedFile>> {
  const files = new Map<string, PinnedFile>();
  try {
    for (const name of names) {
      const file = await openPinnedFile(folder, name);
      if (file === undefined) {
        const details = { where: folder, expected: name, got: 'no such file' };
        throw inputError('A data file of the export is missing.', details);
      }
      files.set(name, file);
    }
    return files;
  } catch (error) {
    await closeAll(files);
    throw error;
  }
}

async function closeAll(files: ReadonlyMap<string, PinnedFile>): Promise<void> {
  await Promise.all(Array.from(files.values(), (file) => file.close()));
}

function everyRow(rows: Float32Array, columns: number, first: number, step: number): Float32Array {
  if (step === 1) return rows;
  const count = rows.length / columns / step;
  const result = new Float32Array(count * columns);
  for (let row = 0; row < count; row++) {
    const start = (row * step + first) * columns;
    result.set(rows.subarray(start, start + columns), row * columns);
  }
  return result;
}
