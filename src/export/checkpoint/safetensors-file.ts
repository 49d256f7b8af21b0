import { inputError } from '../../errors.ts';
import { decodeWeights, WEIGHT_BYTES, WEIGHT_DTYPES } from './decode.ts';
import type { WeightDtype } from './model-config.ts';
import type { PinnedFolder } from './pinned-folder.ts';
import {
  LENGTH_BYTES,
  parseSafetensorsHeader,
  readHeaderLength,
  type SafetensorsHeader,
} from './safetensors-header.ts';
import type { Allocate, StoredRows } from './weight-source.ts';

/** A safetensors file whose header has been read and checked. */
export interface SafetensorsFile {
  readonly name: string;
  readonly bytes: number;
  readonly header: SafetensorsHeader;
  /** `count` elements of a tensor from `first` on, in the order of the file, as f32. */
  read(tensor: string, first: number, count: number): Promise<Float32Array>;
  /** The same elements as the file holds them. */
  readStored(tensor: string, first: number, count: number, allocate?: Allocate): Promise<StoredRows>;
}

/**
 * Opens a file of weights; it stays open as long as its folder does.
 * @returns undefined when there is no such file
 */
export async function openSafetensors(folder: PinnedFolder, name: string): Promise<SafetensorsFile | undefined> {
  const file = await folder.open(name);
  if (file === undefined) return undefined;
  const prefix = await file.read(0, Math.min(LENGTH_BYTES, file.bytes));
  const headerBytes = readHeaderLength(prefix, file.bytes, name);
  const dataStart = LENGTH_BYTES + headerBytes;
  const header = parseSafetensorsHeader(await file.read(LENGTH_BYTES, headerBytes), file.bytes - dataStart, name);
  const readStored: SafetensorsFile['readStored'] = async (tensor, first, count, allocate = newBytes) => {
    const entry = header.tensors.get(tensor);
    if (entry === undefined) throw new Error(`${name} has no tensor ${tensor}`);
    const dtype = weightDtype(entry.dtype, `${name}, tensor ${tensor}`);
    const size = WEIGHT_BYTES[dtype];
    if (first < 0 || count < 0 || (first + count) * size > entry.bytes) {
      throw new RangeError(`elements [${first}, ${first + count}) are outside ${tensor}`);
    }
    const bytes = allocate(count * size);
    await file.readInto(bytes, dataStart + entry.offset + first * size);
    return { dtype, bytes };
  };
  return {
    name,
    bytes: file.bytes,
    header,
    readStored,
    async read(tensor, first, count) {
      const { dtype, bytes } = await readStored(tensor, first, count);
      return decodeWeights(bytes, dtype);
    },
  };
}

const newBytes: Allocate = (bytes) => new Uint8Array(bytes);

/** @throws FtLensError (input) when weights are not stored in this dtype */
export function weightDtype(stored: string, where: string): WeightDtype {
  const dtype = WEIGHT_DTYPES.get(stored);
  if (dtype === undefined) {
    throw inputError('A weight is stored in a dtype that cannot be read.', {
      where,
      expected: [...WEIGHT_DTYPES.keys()].join(', '),
      got: stored,
      remedy: 'take the checkpoint in bf16, f16 or f32: quantised ones do not hold the weights themselves',
    });
  }
  return dtype;
}
