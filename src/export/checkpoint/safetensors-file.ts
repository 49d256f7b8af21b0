import { inputError } from '../../errors.ts';
import { decodeWeights, WEIGHT_BYTES, WEIGHT_DTYPES } from './decode.ts';
import type { WeightDtype } from './model-config.ts';
import { openPinnedFile } from './pinned-file.ts';
import {
  LENGTH_BYTES,
  parseSafetensorsHeader,
  readHeaderLength,
  type SafetensorsHeader,
} from './safetensors-header.ts';

/** A safetensors file whose header has been read and checked. */
export interface SafetensorsFile {
  readonly name: string;
  readonly bytes: number;
  readonly header: SafetensorsHeader;
  /** `count` elements of a tensor from `first` on, in the order of the file, as f32. */
  read(tensor: string, first: number, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** @returns undefined when there is no such file */
export async function openSafetensors(folder: string, name: string): Promise<SafetensorsFile | undefined> {
  const file = await openPinnedFile(folder, name);
  if (file === undefined) return undefined;
  try {
    const prefix = await file.read(0, Math.min(LENGTH_BYTES, file.bytes));
    const headerBytes = readHeaderLength(prefix, file.bytes, name);
    const dataStart = LENGTH_BYTES + headerBytes;
    const header = parseSafetensorsHeader(await file.read(LENGTH_BYTES, headerBytes), file.bytes - dataStart, name);
    return {
      name,
      bytes: file.bytes,
      header,
      async read(tensor, first, count) {
        const entry = header.tensors.get(tensor);
        if (entry === undefined) throw new Error(`${name} has no tensor ${tensor}`);
        const dtype = weightDtype(entry.dtype, `${name}, tensor ${tensor}`);
        const size = WEIGHT_BYTES[dtype];
        if (first < 0 || count < 0 || (first + count) * size > entry.bytes) {
          throw new RangeError(`elements [${first}, ${first + count}) are outside ${tensor}`);
        }
        return decodeWeights(await file.read(dataStart + entry.offset + first * size, count * size), dtype);
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws FtLensError (input) when weights are not stored in this dtype */
export function weightDtype(stored: string, where: string): WeightDtype {
  const dtype = WEIGHT_DTYPES.get(stored);
  if (dtype === undefined) {
    throw inputError('A weight is stored in a dtype that cannot be read.', {
      where,
      expected: [...WEIGHT_DTYPES.keys()].join(', '),
      got: stored,
      remedy: 'Take the checkpoint in bf16, f16 or f32: quantised ones do not hold the weights themselves.',
    });
  }
  return dtype;
}
