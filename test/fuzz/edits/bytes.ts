import * as fc from 'fast-check';

/** A change of a file. Places are taken modulo its length, so that every edit fits every file. */
type ByteEdit =
  | { readonly kind: 'flip'; readonly at: number; readonly bit: number }
  | { readonly kind: 'set'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'remove'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly kind: 'cut'; readonly at: number };

/** Lengths, offsets and counts that readers have stumbled over, as 8 little-endian bytes. */
const NUMBERS = [
  0n,
  1n,
  127n,
  255n,
  65_535n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n - 1n,
  2n ** 53n,
  2n ** 62n,
  2n ** 63n,
  2n ** 64n - 1n,
];

const at = fc.nat(2 ** 31 - 1);
const number = fc.constantFrom(...NUMBERS).map(littleEndian);
const varint = fc.constantFrom(...NUMBERS).map(asVarint);
const short = fc.uint8Array({ minLength: 1, maxLength: 8 });
const bytes = fc.oneof(
  short,
  number,
  varint,
  fc.constant(new Uint8Array(64)),
  fc.constant(new Uint8Array(16).fill(0xff)),
);

const byteEdit: fc.Arbitrary<ByteEdit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('set' as const), at, bytes }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('insert' as const), at, bytes }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('remove' as const), at, length: fc.integer({ min: 1, max: 64 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('repeat' as const),
      at,
      length: fc.integer({ min: 1, max: 64 }),
      times: fc.integer({ min: 1, max: 200 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at }) },
);

/**
 * A file with one to four edits.
 * @param head bytes at its beginning that half of the edits fall into: headers matter more than what they describe
 */
export function editedBytes(seed: Uint8Array, head = seed.length): fc.Arbitrary<Uint8Array> {
  const place = fc.boolean();
  return fc
    .array(fc.tuple(byteEdit, place), { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce(
        (file, [edit, inHead]) => applyEdit(file, edit, inHead ? Math.min(head, file.length) : file.length),
        seed,
      ),
    );
}

function applyEdit(file: Uint8Array, edit: ByteEdit, room: number): Uint8Array {
  if (file.length === 0) return file;
  const place = edit.at % room;
  switch (edit.kind) {
    case 'flip': {
      const result = Uint8Array.from(file);
      result[place]! ^= 1 << edit.bit;
      return result;
    }
    case 'set': {
      const result = Uint8Array.from(file);
      result.set(edit.bytes.subarray(0, file.length - place), place);
      return result;
    }
    case 'insert':
      return joined(file.subarray(0, place), edit.bytes, file.subarray(place));
    case 'remove':
      return joined(file.subarray(0, place), file.subarray(place + edit.length));
    case 'repeat': {
      const piece = file.subarray(place, place + edit.length);
      return joined(file.subarray(0, place), ...Array.from({ length: edit.times }, () => piece), file.subarray(place));
    }
    case 'cut':
      return file.subarray(0, place);
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function littleEndian(value: bigint): Uint8Array {
  const result = new Uint8Array(8);
  new DataView(result.buffer).setBigUint64(0, value, true);
  return result;
}

/** Protobuf's form of a number: 7 bits a byte, the lowest first. */
function asVarint(value: bigint): Uint8Array {
  const result: number[] = [];
  let rest = value;
  while (rest > 127n) {
    result.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...result, Number(rest)]);
}
