import { inputError } from '../../errors.ts';
import { knownFormat } from '../../known-format.ts';
import { LIMITS } from '../../limits.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * The header of a safetensors file: 8 bytes of length (little-endian), that many bytes of JSON, then the data, which the
 * tensors tile without hole or overlap. Format: https://github.com/huggingface/safetensors#format
 */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
}

interface TensorEntry {
  /** As the file spells it: BF16, F32, I64 … */
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where the tensor starts, in bytes from the start of the data. */
  readonly offset: number;
  readonly bytes: number;
}

/** The length field before the header. */
export const LENGTH_BYTES = 8;

/** Bytes per element. A Map, since the dtype is a string from the file. */
const ELEMENT_BYTES: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['F8_E8M0', 1],
  ['U16', 2],
  ['I16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['U32', 4],
  ['I32', 4],
  ['F32', 4],
  ['U64', 8],
  ['I64', 8],
  ['F64', 8],
  ['C64', 8],
]);

/**
 * How long the header is.
 * @param prefix the first {@link LENGTH_BYTES} bytes of the file
 * @param fileBytes size of the whole file
 * @throws FtLensError (input) when the header cannot be in this file; nothing has been allocated yet
 */
export function readHeaderLength(prefix: Uint8Array, fileBytes: number, file: string): number {
  if (prefix.length < LENGTH_BYTES) {
    throw inputError('This file is too short for a safetensors file.', {
      where: file,
      expected: `at least ${LENGTH_BYTES} bytes`,
      got: `${prefix.length} bytes`,
      remedy: FETCH_AGAIN,
    });
  }
  const length = new DataView(prefix.buffer, prefix.byteOffset, LENGTH_BYTES).getBigUint64(0, true);
  const room = BigInt(Math.min(LIMITS.safetensorsHeaderBytes, fileBytes - LENGTH_BYTES));
  if (length > room) {
    const known = knownFormat(prefix);
    throw inputError('This file has no safetensors header.', {
      where: file,
      expected: `a header of at most ${room} bytes`,
      got: known?.what ?? `a length field of ${length} bytes`,
      remedy: known?.remedy ?? FETCH_AGAIN,
    });
  }
  return Number(length);
}

/**
 * Parses a header and checks it wholly, so that every later read stays inside the data.
 * @param json the bytes after the length field
 * @param dataBytes size of what follows the header
 * @throws FtLensError (input) naming the file and the tensor
 */
export function parseSafetensorsHeader(json: Uint8Array, dataBytes: number, file: string): SafetensorsHeader {
  if (json[0] !== 0x7b) {
    throw inputError('This file has no safetensors header.', { where: file, expected: 'JSON that starts with {' });
  }
  const tensors = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(parseStrictJson(json, file) as object)) {
    if (name === '__metadata__') checkMetadata(value, file);
    else tensors.set(name, parseEntry(name, value, file));
  }
  if (tensors.size > LIMITS.tensors) {
    throw inputError('This file claims too many tensors.', {
      where: file,
      expected: `at most ${LIMITS.tensors}`,
      got: `${tensors.size}`,
    });
  }
  checkTiling(tensors, dataBytes, file);
  return { tensors };
}

/** Free text that a writer left, such as `format: pt`. */
function checkMetadata(value: unknown, file: string): void {
  if (isRecord(value) && Object.values(value).every((text) => typeof text === 'string')) return;
  throw inputError('The metadata of this safetensors file is not a list of texts.', { where: file });
}

function parseEntry(name: string, value: unknown, file: string): TensorEntry {
  const where = `${file}, tensor ${name.slice(0, LIMITS.nameBytes)}`;
  if (new TextEncoder().encode(name).length > LIMITS.nameBytes || /\p{Cc}/u.test(name)) {
    throw inputError('A tensor has a name that no model uses.', {
      where,
      expected: `at most ${LIMITS.nameBytes} bytes, no control characters`,
    });
  }
  if (!isRecord(value)) throw inputError('A tensor entry of the header is not an object.', { where });
  const { dtype, shape, data_offsets: offsets } = value;
  const elementBytes = typeof dtype === 'string' ? ELEMENT_BYTES.get(dtype) : undefined;
  if (typeof dtype !== 'string' || elementBytes === undefined) {
    throw inputError('A tensor has an unknown dtype.', {
      where,
      expected: [...ELEMENT_BYTES.keys()].join(', '),
      got: JSON.stringify(dtype),
    });
  }
  const elements = countElements(shape, where);
  const [begin, end] = Array.isArray(offsets) && offsets.length === 2 ? (offsets as unknown[]) : [];
  if (!isByteCount(begin) || !isByteCount(end) || begin > end) {
    throw inputError('A tensor has no valid data offsets.', { where, got: JSON.stringify(offsets) });
  }
  if (end - begin !== elements * elementBytes) {
    throw inputError('The shape and the size of a tensor do not agree.', {
      where,
      expected: `${elements * elementBytes} bytes for ${dtype} [${(shape as number[]).join(', ')}]`,
      got: `${end - begin} bytes`,
    });
  }
  return { dtype, shape: shape as number[], offset: begin, bytes: end - begin };
}

/** Product of the dimensions, checked before each multiplication so that it stays exact. */
function countElements(shape: unknown, where: string): number {
  const valid =
    Array.isArray(shape) &&
    shape.length <= LIMITS.tensorRank &&
    shape.every((size) => isByteCount(size) && size <= LIMITS.tensorDimension);
  let elements = 1;
  for (const size of valid ? (shape as number[]) : []) {
    elements *= size;
    // The largest element has 8 bytes: beyond this the size in bytes would not be exact.
    if (elements > Number.MAX_SAFE_INTEGER / 8) break;
  }
  if (!valid || elements > Number.MAX_SAFE_INTEGER / 8) {
    throw inputError('A tensor has an impossible shape.', {
      where,
      expected: `at most ${LIMITS.tensorRank} dimensions, each a whole number`,
      got: (JSON.stringify(shape) ?? 'none').slice(0, 200),
    });
  }
  return elements;
}

/** Sorted by place, every tensor starts where the one before it ends, and the last one ends with the file. */
function checkTiling(tensors: ReadonlyMap<string, TensorEntry>, dataBytes: number, file: string): void {
  const inOrder = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.bytes - b.bytes);
  let end = 0;
  for (const [name, entry] of inOrder) {
    if (entry.offset !== end) {
      throw inputError(entry.offset < end ? 'Two tensors share bytes.' : 'Some bytes belong to no tensor.', {
        where: `${file}, tensor ${name}`,
        expected: `data that starts at byte ${end}`,
        got: `byte ${entry.offset}`,
      });
    }
    end += entry.bytes;
    if (end > dataBytes) {
      const whole = inOrder.reduce((sum, [, { bytes }]) => sum + bytes, 0);
      throw inputError('A safetensors file is shorter than its header says.', {
        where: `${file}, tensor ${name}`,
        expected: `${whole} bytes of data`,
        got: `${dataBytes} bytes`,
        remedy: FETCH_AGAIN,
      });
    }
  }
  if (end !== dataBytes) {
    throw inputError('A safetensors file is longer than its header says.', {
      where: file,
      expected: `${end} bytes of data`,
      got: `${dataBytes} bytes`,
      remedy: FETCH_AGAIN,
    });
  }
}

const FETCH_AGAIN = 'fetch this file again';

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isByteCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
