import { inputError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { bitsPerElement } from './element-type.ts';
import type { OnnxModel } from './model.ts';
import { allGraphs } from './sub-graphs.ts';
import { TensorProto_DataLocation, type TensorProto } from './proto/onnx-ml_pb.ts';

/** A data file that a model's tensors stand in. */
export interface ExternalFile {
  /** As the model names it: a path below the model's folder, with forward slashes. */
  readonly file: string;
  readonly tensors: readonly ExternalTensor[];
}

interface ExternalTensor {
  readonly name: string;
  /** bytes */
  readonly offset: number;
  /** bytes */
  readonly length: number;
}

const KEYS = new Set(['location', 'offset', 'length', 'checksum']);

/**
 * The data files of a model and the tensors in each.
 * @param sizes bytes of each file, when known: every tensor must lie within its file
 * @throws FtLensError for a reference that leaves the model's folder, is malformed, or lies outside its file
 */
export function externalFiles(model: OnnxModel, where: string, sizes?: ReadonlyMap<string, number>): ExternalFile[] {
  const files = new Map<string, ExternalTensor[]>();
  for (const tensor of allGraphs(model.graph).flatMap(({ initializer }) => initializer)) {
    if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) {
      if (tensor.externalData.length > 0)
        throw wrong(tensor, where, 'external data marked as such', 'data location DEFAULT');
      continue;
    }
    const { file, ...place } = readReference(tensor, where);
    const size = sizes?.get(file);
    if (sizes && (size === undefined || place.offset + place.length > size))
      throw wrong(
        tensor,
        where,
        `bytes ${place.offset} to ${place.offset + place.length} of ${file}`,
        size === undefined ? 'no such file' : `a file of ${size} bytes`,
      );
    const tensors = files.get(file) ?? [];
    tensors.push({ name: tensor.name, ...place });
    files.set(file, tensors);
  }
  return [...files].map(([file, tensors]) => ({ file, tensors }));
}

function readReference(tensor: TensorProto, where: string): { file: string; offset: number; length: number } {
  const entries = new Map<string, string>();
  for (const { key, value } of tensor.externalData) {
    if (!KEYS.has(key)) throw wrong(tensor, where, `only ${[...KEYS].join(', ')}`, key);
    if (entries.has(key)) throw wrong(tensor, where, `one ${key}`, 'two');
    entries.set(key, value);
  }
  const file = entries.get('location') ?? '';
  if (!isPathBelow(file))
    throw wrong(tensor, where, 'the name of a file in the folder of the model', JSON.stringify(file.slice(0, 80)));
  const bytes = byteLength(tensor, where);
  const offset = integer(entries.get('offset') ?? '0');
  const length = integer(entries.get('length') ?? String(bytes));
  if (offset === undefined || length === undefined)
    throw wrong(tensor, where, 'offset and length as whole numbers', 'others');
  if (length !== bytes) throw wrong(tensor, where, `${bytes} bytes, as its shape and type say`, `${length}`);
  return { file, offset, length };
}

function byteLength({ name, dataType, dims }: TensorProto, where: string): number {
  const bits = bitsPerElement(dataType);
  if (bits === undefined)
    throw inputError('A tensor in external data has no fixed size.', {
      where: `${where}, ${name}`,
      expected: 'a numeric type',
      got: `type ${dataType}`,
    });
  return Math.ceil((dims.reduce((product, dim) => product * Number(dim), 1) * bits) / 8);
}

/**
 * A path that stays below the folder it starts in, and means the same to every reader: ONNX Runtime ends a name at
 * NUL, Windows separates by backslash and knows drives.
 */
export function isPathBelow(file: string): boolean {
  if (file.length === 0 || Buffer.byteLength(file) > LIMITS.nameBytes || /[\p{Cc}\\:]/u.test(file)) return false;
  return file.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && part !== '_ORT_MEM_ADDR_');
}

function integer(text: string): number | undefined {
  const value = /^\d{1,19}$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function wrong(tensor: TensorProto, where: string, expected: string, got: string): Error {
  return inputError('A tensor names data that ft-lens does not read.', {
    where: `${where}, ${tensor.name}`,
    expected,
    got,
    remedy: 'fetch or export this model again, with its data files beside it',
  });
}
