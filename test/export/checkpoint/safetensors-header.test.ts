import { describe, expect, it } from 'vitest';
import { FtLensError } from '../../../src/errors.ts';
import {
  parseSafetensorsHeader,
  readHeaderLength,
  type SafetensorsHeader,
} from '../../../src/export/checkpoint/safetensors-header.ts';

const FILE = 'tiny.safetensors';

/** Two tensors that tile 20 bytes. */
const VALID = {
  a: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  b: { dtype: 'BF16', shape: [2], data_offsets: [16, 20] },
};

function parse(header: object | string, dataBytes = 20): SafetensorsHeader {
  const text = typeof header === 'string' ? header : JSON.stringify(header);
  return parseSafetensorsHeader(new TextEncoder().encode(text), dataBytes, FILE);
}

describe('a valid header', () => {
  it('gives dtype, shape and place of every tensor', () => {
    expect(parse(VALID).tensors.get('b')).toEqual({ dtype: 'BF16', shape: [2], offset: 16, bytes: 4 });
  });

  it.each([
    ['tensors in any order', JSON.stringify({ b: VALID.b, a: VALID.a }), 20],
    ['blanks after the JSON', `${JSON.stringify(VALID)}   `, 20],
    ['metadata', JSON.stringify({ __metadata__: { format: 'pt', odd: '' }, ...VALID }), 20],
    ['empty metadata', JSON.stringify({ __metadata__: {}, ...VALID }), 20],
    ['tensors of no size', JSON.stringify({ e: { dtype: 'F32', shape: [0, 3], data_offsets: [0, 0] }, ...VALID }), 20],
    ['a scalar', JSON.stringify({ s: { dtype: 'F32', shape: [], data_offsets: [0, 4] } }), 4],
    ['no tensors', '{}', 0],
    ['names that objects have', JSON.stringify({ constructor: VALID.a, toString: VALID.b }), 20],
  ])('may have %s', (_, header, dataBytes) => {
    expect(() => parse(header, dataBytes)).not.toThrow();
  });
});

describe('a header is refused', () => {
  const withA = (entry: object) => ({ ...VALID, a: { ...VALID.a, ...entry } });
  it.each<[string, object | string, number, RegExp]>([
    ['that does not start with {', ` ${JSON.stringify(VALID)}`, 20, /no safetensors header/],
    ['that is no JSON', '{"a":', 20, /not valid JSON/],
    ['with a key twice', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"dtype":"I32"}}', 4, /stands twice/],
    ['with a tensor twice', '{"\\u0061":{},"a":{}}', 4, /stands twice/],
    ['with an unknown dtype', withA({ dtype: 'F4' }), 20, /unknown dtype/],
    ['with a dtype that objects have', withA({ dtype: 'constructor' }), 20, /unknown dtype/],
    ['with a shape of another size', withA({ shape: [2, 3] }), 20, /do not agree/],
    ['with a negative dimension', withA({ shape: [-2, -2] }), 20, /impossible shape/],
    ['with a fraction', withA({ shape: [0.5, 8] }), 20, /impossible shape/],
    ['with a product that overflows', withA({ shape: [2 ** 40, 2 ** 40] }), 20, /impossible shape/],
    ['with too many dimensions', withA({ shape: Array(9).fill(1) }), 20, /impossible shape/],
    ['with offsets the wrong way round', withA({ data_offsets: [16, 0] }), 20, /data offsets/],
    [
      'with an offset that is not exact',
      '{"a":{"dtype":"U8","shape":[1],"data_offsets":[9007199254740993,9007199254740994]}}',
      1,
      /data offsets/,
    ],
    ['with an infinite offset', '{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1e400]}}', 1, /data offsets/],
    [
      'with tensors that share bytes',
      { ...VALID, c: { dtype: 'U8', shape: [4], data_offsets: [16, 20] } },
      20,
      /share bytes/,
    ],
    ['with a hole', { a: VALID.a, b: { ...VALID.b, data_offsets: [17, 21] } }, 21, /belong to no tensor/],
    ['of a longer file', VALID, 19, /shorter than its header/],
    ['of a shorter file', VALID, 21, /longer than its header/],
    ['with a control character in a name', { 'a\n': VALID.a, b: VALID.b }, 20, /name that no model uses/],
    ['with a name that is too long', { ['a'.repeat(1025)]: VALID.a, b: VALID.b }, 20, /name that no model uses/],
    ['with metadata that is no text', { __metadata__: { a: 1 }, ...VALID }, 20, /metadata/],
    ['nested without end', `{"__metadata__":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 0, /nested too deeply/],
  ])('%s', (_, header, dataBytes, message) => {
    expect(() => parse(header, dataBytes)).toThrow(message);
  });

  it('that is not UTF-8', () => {
    const bytes = new TextEncoder().encode(JSON.stringify(VALID));
    bytes[2] = 0xff;
    expect(() => parseSafetensorsHeader(bytes, 20, FILE)).toThrow(/not valid UTF-8/);
  });

  it('cut short or with any byte changed, or read as a valid one, but never fails otherwise', () => {
    const bytes = new TextEncoder().encode(JSON.stringify(VALID));
    for (let at = 0; at < bytes.length; at++) {
      expect(() => parseSafetensorsHeader(bytes.subarray(0, at), 20, FILE)).toThrow(FtLensError);
      for (const flip of [1, 2, 4, 16, 128]) {
        const mutant = bytes.slice();
        mutant[at]! ^= flip;
        const error = errorOf(() => parseSafetensorsHeader(mutant, 20, FILE));
        if (error !== undefined) expect(error).toBeInstanceOf(FtLensError);
      }
    }
  });

  it('naming the file, the tensor and both sizes', () => {
    expect(errorOf(() => parse(VALID, 19))).toMatchObject({
      where: 'tiny.safetensors, tensor b',
      expected: '20 bytes of data',
      got: '19 bytes',
    });
  });
});

describe('the length of a header', () => {
  const prefix = (length: bigint) => new Uint8Array(new BigUint64Array([length]).buffer);

  it('is the little-endian number at the start', () => {
    expect(readHeaderLength(new Uint8Array([2, 1, 0, 0, 0, 0, 0, 0]), 1000, FILE)).toBe(258);
  });

  it.each([
    ['past the end of the file', prefix(993n), 1000],
    ['beyond what a header needs', prefix(100_000_001n), 2 ** 40],
    ['that Number would round', prefix(2n ** 64n - 1n), 2 ** 40],
    ['in a file of 5 bytes', new Uint8Array(5), 5],
  ])('is refused %s', (_, bytes, fileBytes) => {
    expect(() => readHeaderLength(bytes, fileBytes, FILE)).toThrow(FtLensError);
  });
});

function errorOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}
